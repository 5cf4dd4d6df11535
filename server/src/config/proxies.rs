//! Which proxies are believed, and about what, from flags and variables.

use clap::{ArgAction, Args};

use super::setting::{BadSetting, Setting, all_given, read_or, switched};
use crate::web::client::trust::{Family, Proxy, Trust};

/// The flags of proxies.
#[derive(Clone, Debug, Args)]
pub struct ProxyFlags {
    /// Proxy whose headers are believed about who a client is and how it connected: an address, a network such
    /// as 10.0.0.0/8, or unix for those that connect over a Unix socket. May be repeated [default: none]
    #[arg(long, env = "BELFRY_TRUSTED_PROXY", hide_env_values = true, value_name = "CIDR")]
    pub trusted_proxy: Vec<Setting>,
    /// Headers by which trusted proxies name a client: x-forwarded for X-Forwarded-For, -Proto and -Host,
    /// forwarded for Forwarded (RFC 7239) [default: x-forwarded]
    #[arg(
        long,
        env = "BELFRY_CLIENT_HEADER",
        hide_env_values = true,
        value_name = "x-forwarded|forwarded"
    )]
    pub client_header: Option<Setting>,
    /// Require every connection to begin with a PROXY protocol header, version 1 or 2, from a trusted proxy; close
    /// all others
    #[arg(
        long,
        env = "BELFRY_PROXY_PROTOCOL",
        hide_env_values = true,
        action = ArgAction::SetTrue
    )]
    pub proxy_protocol: Setting,
}

impl ProxyFlags {
    /// Reads all of them: whom to believe, and whether they speak the PROXY protocol.
    pub(super) fn read(self) -> Result<(Trust, bool), BadSetting> {
        let proxies = all_given(self.trusted_proxy, ',').into_iter();
        let proxies =
            proxies.map(|proxy| proxy.read(Proxy::read)).collect::<Result<Vec<_>, _>>()?;
        let headers = read_or(self.client_header, Family::default(), Family::read)?;
        let proxy_protocol = switched(self.proxy_protocol)?;
        if proxy_protocol && proxies.is_empty() {
            let why = "--proxy-protocol needs the proxies that speak it";
            return Err(BadSetting::missing("--trusted-proxy", why));
        }
        Ok((Trust { proxies, headers }, proxy_protocol))
    }
}
