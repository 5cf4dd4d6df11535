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
    /// Address at which browsers reach the server, such as https://belfry.example, if a proxy stands in
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::tests::config;

    #[test]
    fn hosts_are_the_usual_ones_until_some_are_listed() {
        let hosts = |arguments: &[&str], variable: &str| {
            config(arguments, &[("BELFRY_HOST", variable)]).map(|config| config.hosts)
        };
        assert_eq!(hosts(&[], "").unwrap(), Hosts::Usual(Vec::new()));
        let public = ["--public-url", "https://Belfry.test/"];
        assert_eq!(hosts(&public, "").unwrap(), Hosts::Usual(vec!["belfry.test".into()]));
        let both = hosts(&public, "a.test b.test").unwrap();
        let names = ["a.test", "b.test", "belfry.test"];
        assert_eq!(both, Hosts::Listed(names.map(str::to_owned).into()));
        assert_eq!(hosts(&["--host", "a.test", "--host", "*"], "").unwrap(), Hosts::Any);
        assert_eq!(
            hosts(&["--host", "a.test:80"], "").unwrap_err().to_string(),
            "invalid value \"a.test:80\" for --host: must be a host name or an IP address, without a \
             port, or * for every host"
        );
    }

    #[test]
    fn the_base_path_is_said_by_itself_or_by_the_public_url() {
        let place = |arguments: &[&str], variable: &str| {
            let config = config(arguments, &[("BELFRY_BASE_PATH", variable)])?;
            let public = config.origins.public.map(|origin| origin.to_string());
            Ok::<_, BadSetting>((public.unwrap_or_default(), config.base_path.to_string()))
        };
        let url = |url: &'static str| ["--public-url", url];
        let base = |base: &'static str| ["--base-path", base];
        let both = |one: &'static str, other| [url(one), base(other)].concat();
        for (arguments, variable, origin, path) in [
            (&[][..], "", "", ""),
            (&base("/belfry"), "", "", "/belfry"),
            (&base("/belfry"), "/other", "", "/belfry"),
            (&[], "/tools/belfry", "", "/tools/belfry"),
            (&url("https://a.test"), "", "https://a.test", ""),
            (&url("https://A.test:443/belfry"), "", "https://a.test", "/belfry"),
            (&url("https://a.test:8443/belfry/"), "", "https://a.test:8443", "/belfry"),
            (&both("https://a.test/belfry", "/belfry"), "", "https://a.test", "/belfry"),
            // An origin alone leaves the path open.
            (&both("https://a.test", "/belfry"), "", "https://a.test", "/belfry"),
            (&both("https://a.test/", "/belfry"), "", "https://a.test", "/belfry"),
        ] {
            let found = place(arguments, variable).unwrap();
            assert_eq!(found, (origin.to_owned(), path.to_owned()), "{arguments:?} {variable}");
        }
        let wrong = |arguments: &[&str]| place(arguments, "").unwrap_err().to_string();
        assert_eq!(
            wrong(&both("https://a.test/belfry", "/other")),
            r#"invalid value "/other" for --base-path: must be /belfry, the path of --public-url, or left out"#
        );
        assert_eq!(
            place(&url("https://a.test/belfry"), "/other").unwrap_err().to_string(),
            r#"invalid value "/other" for BELFRY_BASE_PATH: must be /belfry, the path of --public-url, or left out"#
        );
        for bad in ["/", "belfry", "/belfry/", "/a//b", "/a/../b", "/a b", "/%61", ""] {
            let said = wrong(&base(bad));
            let begin =
                format!("invalid value \"{bad}\" for --base-path: must have the form /belfry or ");
            assert!(said.starts_with(&begin), "{said}");
        }
        for bad in ["https://a.test//", "https://a.test/a/../b", "https://a.test/%61/"] {
            let said = wrong(&url(bad));
            assert!(
                said.contains("for --public-url: its path must have the form /belfry"),
                "{said}"
            );
        }
    }

    #[test]
    fn origins_are_listed_as_browsers_write_them() {
        let said = ["--allow-origin", "HTTPS://App.example:443/", "--allow-origin", "*"];
        let Origins { public, allowed, any, cross_site_cookies } =
            config(&said, &[]).unwrap().origins;
        assert_eq!(allowed, [Origin::read("https://app.example").unwrap()]);
        assert_eq!((public, any, cross_site_cookies), (None, true, false));
        let two = [
            ("BELFRY_ALLOW_ORIGIN", "https://a.test http://b.test:81"),
            ("BELFRY_CROSS_SITE_COOKIES", "1"),
        ];
        let origins = config(&[], &two).unwrap().origins;
        assert_eq!(
            (origins.allowed.len(), origins.any, origins.cross_site_cookies),
            (2, false, true)
        );
        let wrong = |flag: &str, value: &str| config(&[flag, value], &[]).unwrap_err().to_string();
        for value in ["null", "app.example", "https://app.example/page", "https://天.example"] {
            assert_eq!(
                wrong("--allow-origin", value),
                format!(
                    "invalid value \"{value}\" for --allow-origin: must have the form \
                     https://app.example or http://localhost:8080, or be *"
                )
            );
        }
        for value in [
            "ftp://a.test",
            "a.test",
            "https://",
            "https://a.test/b?c",
            "https://a.test/b#c",
            "/belfry",
        ] {
            let said = wrong("--public-url", value);
            assert!(said.contains("must have the form https://belfry"), "{said}");
        }
        let alone = wrong("--cross-site-cookies", "--allow-origin=*");
        assert!(alone.starts_with("--allow-origin is missing"), "{alone}");
    }
}
