//! Which certificates are got from an ACME server, from flags and variables.

use axum::http::Uri;
use rustls::pki_types::ServerName;

use super::setting::{BadSetting, Setting, all_given, given};

/// The directory of Let's Encrypt.
const LETS_ENCRYPT: &str = "https://acme-v02.api.letsencrypt.org/directory";

/// What a certificate is got with ([RFC 8555](https://www.rfc-editor.org/rfc/rfc8555)).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Acme {
    /// The names that the certificate is for, in lower case; at least one.
    pub domains: Vec<String>,
    /// Whom the authority may write to, as URLs. Default nobody.
    pub contact: Vec<String>,
    /// The address of the authority's directory. Default Let's Encrypt's.
    pub directory: String,
    /// There are listeners for plain HTTP that can show what the authority asks for.
    pub has_http: bool,
}

impl Acme {
    /// What the flags ask for; `None` where they name no domain.
    pub(super) fn read(
        domains: Vec<Setting>,
        contact: Vec<Setting>,
        directory: Option<Setting>,
        has_http: bool,
    ) -> Result<Option<Self>, BadSetting> {
        let (domains, contact) = (all_given(domains, ' '), all_given(contact, ' '));
        let directory = given(directory);
        if domains.is_empty() && !(contact.is_empty() && directory.is_none()) {
            let why = "it names the hosts that the certificate is for";
            return Err(BadSetting::missing("--acme-domain", why));
        }
        let read = |all: Vec<Setting>, one: fn(&str) -> Result<String, &'static str>| {
            all.iter().map(|said| said.read(one)).collect::<Result<Vec<_>, _>>()
        };
        let directory = directory.map(|said| said.read(address)).transpose()?;
        let acme = Self {
            domains: read(domains, domain)?,
            contact: read(contact, mail)?,
            directory: directory.unwrap_or_else(|| LETS_ENCRYPT.to_owned()),
            has_http,
        };
        Ok(if acme.domains.is_empty() { None } else { Some(acme) })
    }
}

/// Authorities verify a wildcard only by DNS.
fn domain(said: &str) -> Result<String, &'static str> {
    match ServerName::try_from(said) {
        Ok(ServerName::DnsName(name)) if !said.ends_with('.') => {
            Ok(name.as_ref().to_ascii_lowercase())
        }
        _ => Err("must be a host name such as belfry.example, neither an address nor a wildcard"),
    }
}

fn mail(said: &str) -> Result<String, &'static str> {
    let address = said.strip_prefix("mailto:").unwrap_or(said);
    let is_address = |(name, host): (&str, &str)| !name.is_empty() && !host.is_empty();
    if address.is_ascii() && address.split_once('@').is_some_and(is_address) {
        return Ok(format!("mailto:{address}"));
    }
    Err("must be an e-mail address, such as admin@belfry.example")
}

fn address(said: &str) -> Result<String, &'static str> {
    let address = said.parse::<Uri>().ok().filter(|uri| uri.scheme_str() == Some("https"));
    address.map(|_| said.to_owned()).ok_or("must have the form https://acme.example/directory")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        cli::{Command, parsed},
        config::tls::TlsFlags,
    };

    fn read(arguments: &[&str], variables: &[(&str, &str)]) -> Result<Option<Acme>, String> {
        let Ok(Command::Serve(flags)) = parsed([&["belfry"], arguments].concat(), variables) else {
            panic!("{arguments:?}");
        };
        let TlsFlags { acme_domain, acme_contact, acme_directory, redirect_http, .. } = flags.tls;
        let has_http = !redirect_http.is_empty();
        Acme::read(acme_domain, acme_contact, acme_directory, has_http)
            .map_err(|error| error.to_string())
    }

    #[test]
    fn a_certificate_is_for_the_domains_that_are_named() {
        assert_eq!(read(&[], &[]), Ok(None));
        let two = ["--acme-domain", "Belfry.example", "--acme-domain", "www.belfry.example"];
        let acme = read(&two, &[]).unwrap().unwrap();
        assert_eq!(acme.domains, ["belfry.example", "www.belfry.example"]);
        assert_eq!(acme.contact, <[&str; 0]>::default());
        assert_eq!(acme.directory, LETS_ENCRYPT);
        assert!(!acme.has_http);
        let variables = [
            ("BELFRY_ACME_DOMAIN", "belfry.example www.belfry.example"),
            ("BELFRY_ACME_CONTACT", "a@belfry.example mailto:b@belfry.example"),
            ("BELFRY_ACME_DIRECTORY", "https://acme.example/directory"),
            ("BELFRY_REDIRECT_HTTP", "0.0.0.0:80"),
        ];
        let other = read(&[], &variables).unwrap().unwrap();
        assert_eq!(other.domains, acme.domains);
        assert_eq!(other.contact, ["mailto:a@belfry.example", "mailto:b@belfry.example"]);
        assert_eq!(other.directory, "https://acme.example/directory");
        assert!(other.has_http);
    }

    #[test]
    fn what_no_authority_can_use_is_refused() {
        for domain in ["*.belfry.example", "192.0.2.7", "::1", "belfry.example.", "a b.c"] {
            let refused = read(&["--acme-domain", domain], &[]).unwrap_err();
            assert!(refused.contains("must be a host name such as belfry.example"), "{refused}");
        }
        let domain = ["--acme-domain", "belfry.example"];
        for (flag, value, said) in [
            ("--acme-contact", "admin", "must be an e-mail address"),
            ("--acme-contact", "@a.b", "must be an e-mail address"),
            ("--acme-directory", "acme.example", "must have the form https://acme.example"),
            ("--acme-directory", "http://acme.example/", "must have the form https://acme"),
        ] {
            let refused = read(&[&domain[..], &[flag, value]].concat(), &[]).unwrap_err();
            assert!(refused.contains(said), "{refused}");
        }
        let alone = read(&["--acme-contact", "a@b.c"], &[]).unwrap_err();
        assert!(alone.starts_with("--acme-domain is missing: "), "{alone}");
    }
}
