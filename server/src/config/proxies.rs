//! Which proxies are believed, and about what, from flags and variables.

use clap::Args;

use super::{
    endpoint::Endpoint,
    setting::{BadSetting, Setting, all_given, read_or},
};
use crate::web::client::trust::{Family, Proxy, Trust};

/// Stands for every listener.
const ALL: &str = "all";

/// The flags of proxies.
#[derive(Clone, Debug, Args)]
pub struct ProxyFlags {
    /// Proxy whose headers are trusted to say who a client is and how it connected: an address, a network such
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
    /// Listener on which every connection must begin with a PROXY protocol header, version 1 or 2, from a trusted
    /// proxy; other connections are closed. Give an address as in --listen or as passed by systemd, or all. May
    /// be repeated [default: none]
    #[arg(long, env = "BELFRY_PROXY_PROTOCOL", hide_env_values = true, value_name = "ADDRESS|all")]
    pub proxy_protocol: Vec<Setting>,
}

impl ProxyFlags {
    /// Reads all of them: whom to believe, and on which of these listeners proxies speak the PROXY protocol.
    pub(super) fn read(self, listeners: &[Endpoint]) -> Result<(Trust, Vec<Endpoint>), BadSetting> {
        let proxies = all_given(self.trusted_proxy, ',').into_iter();
        let proxies =
            proxies.map(|proxy| proxy.read(Proxy::read)).collect::<Result<Vec<_>, _>>()?;
        let headers = read_or(self.client_header, Family::default(), Family::read)?;
        let mut proxied = Vec::new();
        for said in all_given(self.proxy_protocol, ',') {
            match said.value() {
                ALL => proxied.extend_from_slice(listeners),
                _ => proxied.push(said.read(|value| one_of(listeners, value))?),
            }
        }
        if !proxied.is_empty() && proxies.is_empty() {
            let why = "--proxy-protocol needs the proxies that speak it";
            return Err(BadSetting::missing("--trusted-proxy", why));
        }
        Ok((Trust { proxies, headers }, proxied))
    }
}

/// The listener at an address.
fn one_of(listeners: &[Endpoint], value: &str) -> Result<Endpoint, &'static str> {
    let endpoint = value.parse().ok().filter(|endpoint| listeners.contains(endpoint));
    endpoint.ok_or(
        "must be the address of a listener, as given to --listen or --redirect-http or passed by \
         systemd, or all",
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::tests::config;

    #[test]
    fn proxies_are_trusted_once_they_are_declared() {
        let trust = |said: &[&str], variable: &str| {
            config(said, &[("BELFRY_TRUSTED_PROXY", variable)]).map(|config| config.trust)
        };
        assert_eq!(trust(&[], "").unwrap(), Trust::default());
        let proxies = ["10.0.0.0/8", "unix"].map(|said| Proxy::read(said).unwrap());
        let flags = ["--trusted-proxy", "10.0.0.0/8", "--trusted-proxy", "unix"];
        assert_eq!(trust(&flags, "::1").unwrap().proxies, proxies);
        assert_eq!(trust(&[], "10.0.0.0/8,unix").unwrap().proxies, proxies);
        let more = trust(&["--client-header", "forwarded"], "").unwrap();
        assert_eq!(more.headers, Family::Forwarded);
        for (flag, value, must) in [
            ("--trusted-proxy", "proxy", "must be an address, a network such as 10.0.0.0/8"),
            ("--trusted-proxy", "10.0.0.1/8", "must be a network with no host bits set"),
            ("--client-header", "x-real-ip", "must be x-forwarded or forwarded"),
        ] {
            let said = trust(&[flag, value], "").unwrap_err().to_string();
            assert!(said.contains(&format!(r#"value "{value}" for {flag}: {must}"#)), "{said}");
        }
    }

    #[test]
    fn the_proxy_protocol_is_for_the_listeners_that_are_named() {
        let proxied = |more: &[&str], variable: &str| {
            let listen =
                ["--listen", "127.0.0.1:1", "--listen", "unix:/a", "--trusted-proxy", "unix"];
            let arguments = [&listen, more].concat();
            let config = config(&arguments, &[("BELFRY_PROXY_PROTOCOL", variable)]);
            let config = config.map_err(|error| error.to_string())?;
            let proxied: Vec<_> = config.proxy_protocol.iter().map(ToString::to_string).collect();
            Ok::<_, String>(proxied.join(" "))
        };
        assert_eq!(proxied(&[], "").unwrap(), "");
        assert_eq!(proxied(&["--proxy-protocol", "unix:/a"], "").unwrap(), "unix:/a");
        assert_eq!(proxied(&[], "unix:/a,127.0.0.1:1").unwrap(), "unix:/a 127.0.0.1:1");
        assert_eq!(proxied(&["--proxy-protocol", "all"], "").unwrap(), "127.0.0.1:1 unix:/a");
        for wrong in ["127.0.0.1:2", "here"] {
            let said = proxied(&["--proxy-protocol", wrong], "").unwrap_err();
            assert!(said.ends_with("or --redirect-http or passed by systemd, or all"));
        }
        let alone = config(&["--proxy-protocol", "all"], &[]).unwrap_err().to_string();
        assert!(alone.starts_with("--trusted-proxy is missing: --proxy-protocol needs"), "{alone}");
    }
}
