//! The hosts that are answered for, and whose pages may ask, from flags and variables.

use clap::{ArgAction, Args};

use super::{
    public,
    setting::{BadSetting, Setting, all_given, given, switched},
};
use crate::{
    origins::{Hosts, Origin, Origins},
    web::base_path::BasePath,
};

/// The flags of hosts and origins.
#[derive(Clone, Debug, Args)]
pub struct OriginFlags {
    /// Address under which browsers reach the server, such as https://belfry.example, if a proxy stands in
    /// between. A path in it, as in https://example.org/belfry, is the base path [default: the one each request
    /// asks for]
    #[arg(long, env = "BELFRY_PUBLIC_URL", hide_env_values = true, value_name = "URL")]
    pub public_url: Option<Setting>,
    /// Path under which everything is served, such as /belfry, for a host shared with others. A proxy must pass it
    /// on unchanged [default: the path of --public-url, or none]
    #[arg(long, env = "BELFRY_BASE_PATH", hide_env_values = true, value_name = "PATH")]
    pub base_path: Option<Setting>,
    /// Host name that requests may ask for, or * for any; others get 421. May be repeated. The host of
    /// --public-url is always among them [default: on a loopback address, localhost and IP addresses;
    /// elsewhere, any]
    #[arg(long, env = "BELFRY_HOST", hide_env_values = true, value_name = "NAME")]
    pub host: Vec<Setting>,
    /// Origin such as https://app.example whose pages may read the stream, history and the time, and publish
    /// with a token; * for all, without cookies. May be repeated [default: only pages served by Belfry]
    #[arg(long, env = "BELFRY_ALLOW_ORIGIN", hide_env_values = true, value_name = "ORIGIN")]
    pub allow_origin: Vec<Setting>,
    /// Make the sign-in cookie work on pages of the listed origins: they may sign visitors in and out at
    /// /login and publish in their name. Needs https
    #[arg(
        long,
        env = "BELFRY_CROSS_SITE_COOKIES",
        hide_env_values = true,
        action = ArgAction::SetTrue
    )]
    pub cross_site_cookies: Setting,
}

impl OriginFlags {
    /// Reads all of them.
    pub(super) fn read(self) -> Result<(Hosts, Origins, BasePath), BadSetting> {
        let (public, base_path) = public::read(given(self.public_url), given(self.base_path))?;
        let mut origins = Origins { public, ..Origins::default() };
        for allowed in all_given(self.allow_origin, ' ') {
            match allowed.value() {
                "*" => origins.any = true,
                _ => origins.allowed.push(allowed.read(origin)?),
            }
        }
        origins.cross_site_cookies = switched(self.cross_site_cookies)?;
        if origins.cross_site_cookies && origins.allowed.is_empty() {
            let why = "--cross-site-cookies needs the origins whose pages may use the cookies";
            return Err(BadSetting::missing("--allow-origin", why));
        }
        let hosts = all_given(self.host, ' ').into_iter();
        let hosts: Vec<_> = hosts.map(|host| host.read(Hosts::read)).collect::<Result<_, _>>()?;
        Ok((Hosts::new(&hosts, origins.public.as_ref()), origins, base_path))
    }
}

fn origin(value: &str) -> Result<Origin, &'static str> {
    Origin::read(value)
        .ok_or("must have the form https://app.example or http://localhost:8080, or be *")
}
