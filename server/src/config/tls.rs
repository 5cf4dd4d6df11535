//! Whether the server speaks TLS, and with which certificates, from flags and variables.

use std::{path::PathBuf, time::Duration};

use clap::{ArgAction, Args};

use super::{
    Endpoint,
    acme::Acme,
    setting::{BadSetting, Setting, all_given, duration, given, switched},
};

/// The flags of TLS.
#[derive(Clone, Debug, Args)]
pub struct TlsFlags {
    /// PEM file with the TLS certificate and its chain; the server then speaks https, over HTTP/2 too. May be
    /// repeated: clients get the certificate for the name they ask for, otherwise the first. Reloaded when
    /// the file changes, and on SIGHUP
    #[arg(long, env = "BELFRY_TLS_CERT", hide_env_values = true, value_name = "FILE")]
    pub tls_cert: Vec<Setting>,
    /// PEM file with the key of the certificate; one for each --tls-cert, in the same order
    #[arg(long, env = "BELFRY_TLS_KEY", hide_env_values = true, value_name = "FILE")]
    pub tls_key: Vec<Setting>,
    /// Host name for which to get and renew a certificate from an ACME authority, whose terms of service you
    /// thereby accept. May be repeated. The authority must be able to reach this server by that name on port 443,
    /// or on port 80 with --redirect-http
    #[arg(long, env = "BELFRY_ACME_DOMAIN", hide_env_values = true, value_name = "NAME")]
    pub acme_domain: Vec<Setting>,
    /// E-mail address to which the ACME authority may write. May be repeated
    #[arg(long, env = "BELFRY_ACME_CONTACT", hide_env_values = true, value_name = "E-MAIL")]
    pub acme_contact: Vec<Setting>,
    /// URL of the ACME authority's directory [default: that of Let's Encrypt]
    #[arg(long, env = "BELFRY_ACME_DIRECTORY", hide_env_values = true, value_name = "URL")]
    pub acme_directory: Option<Setting>,
    /// Speak https with a self-signed certificate, for development; it is kept in the data directory
    #[arg(
        long,
        env = "BELFRY_TLS_SELF_SIGNED",
        hide_env_values = true,
        action = ArgAction::SetTrue
    )]
    pub tls_self_signed: Setting,
    /// Address at which plain HTTP is redirected to https: ADDRESS:PORT, [ADDRESS]:PORT or unix:/PATH. May be
    /// repeated
    #[arg(long, env = "BELFRY_REDIRECT_HTTP", hide_env_values = true, value_name = "ADDRESS")]
    pub redirect_http: Vec<Setting>,
    /// How long browsers that have connected over https must use only https for this host, such as 180d (HSTS)
    /// [default: not sent]
    #[arg(long, env = "BELFRY_HSTS", hide_env_values = true, value_name = "DURATION")]
    pub hsts: Option<Setting>,
}

/// Where certificates come from.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Tls {
    /// There are none, and no TLS.
    #[default]
    Off,
    /// From files, at least one pair. The first is for clients that ask for none of them.
    Files(Vec<Pair>),
    /// One from an ACME authority, after those from files; there may be none of those.
    Acme(Acme, Vec<Pair>),
    /// One that the server makes for itself.
    SelfSigned,
}

/// The files of a certificate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pair {
    /// The chain, the server's own certificate first, in PEM.
    pub certificate: PathBuf,
    /// The key of the first certificate, in PEM.
    pub key: PathBuf,
}

impl Tls {
    pub(super) fn read(flags: TlsFlags) -> Result<Self, BadSetting> {
        let has_http = !all_given(flags.redirect_http, ',').is_empty();
        let domains = all_given(flags.acme_domain.clone(), ' ');
        let acme =
            Acme::read(flags.acme_domain, flags.acme_contact, flags.acme_directory, has_http)?;
        let certificates = all_given(flags.tls_cert, ':');
        let keys = all_given(flags.tls_key, ':');
        let self_signed = switched(flags.tls_self_signed)?;
        let missing = "each --tls-cert needs its --tls-key, in the same order";
        if certificates.len() < keys.len() {
            return Err(BadSetting::missing("--tls-cert", missing));
        }
        if keys.len() < certificates.len() {
            return Err(BadSetting::missing("--tls-key", missing));
        }
        let others = [certificates.first(), domains.first()].into_iter().flatten().next();
        if self_signed {
            let unfit = |other: &Setting| other.unfit("cannot be combined with --tls-self-signed");
            return others.map_or(Ok(Self::SelfSigned), |other| Err(unfit(other)));
        }
        let pairs = certificates.into_iter().zip(keys).map(|(certificate, key)| Pair {
            certificate: certificate.into_value().into(),
            key: key.into_value().into(),
        });
        let pairs: Vec<_> = pairs.collect();
        Ok(match acme {
            Some(acme) => Self::Acme(acme, pairs),
            None if pairs.is_empty() => Self::Off,
            None => Self::Files(pairs),
        })
    }

    /// The names that a certificate is got for.
    pub(super) fn domains(&self) -> &[String] {
        if let Self::Acme(acme, _) = self { &acme.domains } else { &[] }
    }

    /// Whether there is TLS.
    #[must_use]
    pub fn is_on(&self) -> bool {
        *self != Self::Off
    }
}

/// Where plain HTTP is redirected.
pub(super) fn redirect_http(said: Vec<Setting>, tls: &Tls) -> Result<Vec<Endpoint>, BadSetting> {
    let said = all_given(said, ',');
    match said.first() {
        Some(_) if !tls.is_on() => {
            let why =
                "--redirect-http needs https: set this flag, --acme-domain or --tls-self-signed";
            Err(BadSetting::missing("--tls-cert", why))
        }
        _ => said.iter().map(|endpoint| endpoint.read(str::parse::<Endpoint>)).collect(),
    }
}

/// For how long browsers are to use https only, whole seconds up to ten years.
pub(super) fn hsts(said: Option<Setting>) -> Result<Option<Duration>, BadSetting> {
    const LONGEST: Duration = Duration::from_secs(10 * 365 * 24 * 3600);
    let read = |value: &str| match duration(value)? {
        fits if fits <= LONGEST => Ok(Duration::from_secs(fits.as_secs())),
        _ => Err("must be at most 10 years"),
    };
    given(said).map(|said| said.read(read)).transpose()
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::cli::{Command, parsed};

    fn read(arguments: &[&str], variables: &[(&str, &str)]) -> Result<Tls, String> {
        let Ok(Command::Serve(flags)) = parsed([&["belfry"], arguments].concat(), variables) else {
            panic!("{arguments:?}");
        };
        Tls::read(flags.tls).map_err(|error| error.to_string())
    }

    fn pairs(files: &[(&str, &str)]) -> Result<Tls, String> {
        let pair = |(certificate, key): &(&str, &str)| Pair {
            certificate: Path::new(certificate).into(),
            key: Path::new(key).into(),
        };
        Ok(Tls::Files(files.iter().map(pair).collect()))
    }

    #[test]
    fn certificates_come_from_pairs_of_files_or_from_ourselves() {
        let one = ["--tls-cert", "a", "--tls-key", "b"];
        assert_eq!(read(&[], &[]), Ok(Tls::Off));
        assert_eq!(read(&one, &[]), pairs(&[("a", "b")]));
        let two = [&one[..], &["--tls-cert", "c", "--tls-key", "d"]].concat();
        assert_eq!(read(&two, &[]), pairs(&[("a", "b"), ("c", "d")]));
        let variables = [("BELFRY_TLS_CERT", "a:c"), ("BELFRY_TLS_KEY", "b:d")];
        assert_eq!(read(&[], &variables), pairs(&[("a", "b"), ("c", "d")]));
        assert_eq!(read(&["--tls-self-signed"], &[]), Ok(Tls::SelfSigned));
        assert_eq!(read(&[], &[("BELFRY_TLS_SELF_SIGNED", "1")]), Ok(Tls::SelfSigned));
        let acme = ["--acme-domain", "belfry.test"];
        let Ok(Tls::Acme(got, files)) = read(&[&acme[..], &two].concat(), &[]) else { panic!() };
        assert_eq!(
            (got.domains.len(), pairs(&[("a", "b"), ("c", "d")])),
            (1, Ok(Tls::Files(files)))
        );
        for (bad, said) in [
            (
                &[&acme[..], &["--tls-self-signed"]].concat()[..],
                r#"invalid value "belfry.test" for --acme-domain: cannot be combined with --tls-self-signed"#,
            ),
            (&one[..2], "--tls-key is missing: each --tls-cert needs its --tls-key"),
            (&one[2..], "--tls-cert is missing: each --tls-cert needs its --tls-key"),
            (
                &[&one[..], &["--tls-self-signed"]].concat(),
                r#"invalid value "a" for --tls-cert: cannot be combined with --tls-self-signed"#,
            ),
        ] {
            let refused = read(bad, &[]).unwrap_err();
            assert!(refused.starts_with(said), "{refused}");
        }
    }

    #[test]
    fn plain_http_is_redirected_where_there_is_tls() {
        let read = |arguments: &[&str], variables: &[(&str, &str)]| {
            let Ok(Command::Serve(flags)) = parsed([&["belfry"], arguments].concat(), variables)
            else {
                panic!("{arguments:?}");
            };
            let tls = Tls::read(flags.tls.clone()).unwrap();
            redirect_http(flags.tls.redirect_http, &tls).map_err(|error| error.to_string())
        };
        let (one, other) = ("0.0.0.0:80".parse().unwrap(), "unix:/run/a".parse().unwrap());
        let both = ["--redirect-http", "0.0.0.0:80", "--redirect-http", "unix:/run/a"];
        assert_eq!(read(&[], &[]), Ok(vec![]));
        assert_eq!(read(&[&["--tls-self-signed"], &both[..]].concat(), &[]), Ok(vec![one, other]));
        let variables =
            [("BELFRY_REDIRECT_HTTP", "[::]:80,0.0.0.0:80"), ("BELFRY_TLS_SELF_SIGNED", "1")];
        assert_eq!(read(&[], &variables).unwrap().len(), 2);
        assert!(
            read(&both, &[]).unwrap_err().starts_with("--tls-cert is missing: --redirect-http")
        );
        let wrong = read(&["--tls-self-signed", "--redirect-http", "80"], &[]).unwrap_err();
        assert!(
            wrong.starts_with(r#"invalid value "80" for --redirect-http: must have"#),
            "{wrong}"
        );
    }

    #[test]
    fn hsts_is_a_duration_in_whole_seconds() {
        let hsts = |value: &str| {
            let Ok(Command::Serve(flags)) = parsed(["belfry", "--hsts", value], &[]) else {
                panic!("{value}");
            };
            hsts(flags.tls.hsts).map_err(|error| error.to_string())
        };
        assert_eq!(hsts("180d"), Ok(Some(Duration::from_secs(15_552_000))));
        assert_eq!(hsts("0s"), Ok(Some(Duration::ZERO)));
        assert_eq!(hsts("1500ms"), Ok(Some(Duration::from_secs(1))));
        assert!(hsts("11years").unwrap_err().contains("must be at most 10 years"));
        assert!(hsts("180").unwrap_err().contains("must be a number with a unit"));
    }
}
