//! Hands the log over to another process: closes its file, and then either has that process answer what is
//! asked, or opens the file again. Whatever is asked in between waits.

use std::sync::Arc;

use tokio::runtime::Handle;

use super::{Embedded, OpenError, request::Request};
use crate::log::{AppendError, Log, Unavailable};

impl Embedded {
    /// Closes the file and lets go of the folder, so that another process can open it. Appends that came before
    /// are done by then; purges may have begun. What is asked from now on waits until the log [is taken back](Self::take_back) or
    /// [has a successor](Self::hand_to).
    ///
    /// # Errors
    /// If it is in use by a backup or by long reads, or has failed; nothing has changed then.
    pub async fn let_go(&self) -> Result<(), Unavailable> {
        self.ask(|answer| Request::LetGo { answer }).await.map_err(unavailable)
    }

    /// Opens the file again, with whatever was appended to it in the meantime, and answers as before.
    ///
    /// # Errors
    /// If it cannot be opened, as long as another process has it; it can be tried again, unless the error
    /// [stays](OpenError::stays): then this log is of no more use.
    pub async fn take_back(&self) -> Result<(), OpenError> {
        let taken = self.ask(|answer| Request::TakeBack { answer }).await;
        taken.unwrap_or_else(|error| Err(OpenError::Misplaced(error.to_string())))
    }

    /// Has `successor`, which has the file, answer what waits and what comes, and finish the purges. Its events are not in the tail
    /// of this log.
    ///
    /// # Panics
    /// Outside of a runtime.
    pub fn hand_to(&self, successor: Arc<dyn Log>) {
        if let Some(requests) = &self.requests {
            // A writer that has stopped has nothing to hand over.
            let _ = requests.send(Request::HandTo { successor, on: Handle::current() });
        }
    }
}

fn unavailable(error: AppendError) -> Unavailable {
    match error {
        AppendError::Unavailable(why) => why,
        other => Unavailable(other.to_string()),
    }
}
