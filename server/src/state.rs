//! What the answers are made from.

use std::{sync::Arc, time::Duration};

use tokio_util::sync::CancellationToken;

use crate::{
    Hub, Site,
    budget::Budgets,
    chat::Chat,
    token::{Keys, SignOuts},
};

/// The parts that every answer can use. A cheap handle.
#[derive(Clone, Debug)]
pub struct AppState {
    /// Gives each event to everyone who follows its topic.
    pub hub: Hub,
    /// What tokens are verified with.
    pub keys: Arc<Keys>,
    /// Ends the streams of who signs out.
    pub sign_outs: SignOuts,
    /// The rooms of the chat, and how fast one may say something there.
    pub chat: Chat,
    /// What the pages load.
    pub site: Arc<Site>,
    /// The beginning of the command that makes a token here, as pages print it; `None` where the server
    /// has no key of its own.
    pub token_maker: Option<String>,
    /// Between two ticks.
    pub interval: Duration,
    /// What may wait to be sent, and come in.
    pub budgets: Budgets,
    /// Ends every stream.
    pub shutdown: CancellationToken,
}
