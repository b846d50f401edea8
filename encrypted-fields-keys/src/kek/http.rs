//! What providers over HTTP share.

use super::KekReason;

/// Data keys are in the body of what is sent: only TLS, or this machine, or whoever says that it is all right.
pub(super) fn needs_https(what: &str, url: &str, allow_http: bool) -> Result<(), KekReason> {
    if url.starts_with("https://") {
        return Ok(());
    }
    let Some(rest) = url.strip_prefix("http://") else {
        return Err(KekReason::Configuration(format!("{what} is not a URL; write https://HOST:PORT")));
    };
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    if allow_http || is_loopback(authority) {
        return Ok(());
    }
    Err(KekReason::Configuration(format!(
        "{what} is plain http, and data keys would cross the network in the clear; use https, or set `allow_http = true` \
         if the network is trusted"
    )))
}

fn is_loopback(authority: &str) -> bool {
    // What stands before an @ is a user name: http://localhost@evil/ goes to evil.
    let host = match authority.rsplit_once(':') {
        Some((host, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => host,
        _ => authority,
    };
    let host = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host);
    host == "localhost" || host.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_this_machine_is_this_machine() {
        for url in ["http://localhost", "http://127.0.0.1:8200/v1", "http://[::1]:8200", "https://vault"] {
            assert!(needs_https("it", url, false).is_ok(), "{url}");
        }
        for url in ["http://vault:8200", "http://localhost@evil/", "http://127.0.0.1.evil", "vault:8200", "http://"] {
            assert!(needs_https("it", url, false).is_err(), "{url}");
        }
        assert!(needs_https("it", "http://vault:8200", true).is_ok());
    }
}
