//! The HTTP client that all clients of a process share: one pool of connections and one trust store.
//!
//! The SDK would make an HTTP client for each service and each account and Region, and each would read the system's certificates while it is
//! made: on Debian 150 files, before Lambda may send the first event. Here they are read when the first request is sent, and of one file.
//!
//! They are the system's, and not compiled in (`webpki-roots`): whoever trusts a root no longer, or an inspecting proxy's, says so where Lambda's
//! runtime or the machine is kept up to date, and no binary has to be built anew.

use std::collections::HashMap;
use std::env;
use std::ffi::OsString;
use std::fs;
use std::io;
use std::path::Path;
use std::sync::{Mutex, PoisonError};

use aws_smithy_http_client::Connector;
use aws_smithy_http_client::proxy::ProxyConfig;
use aws_smithy_http_client::tls::rustls_provider::CryptoMode;
use aws_smithy_http_client::tls::{Provider, TlsContext, TrustStore};
use aws_smithy_runtime_api::client::http::{HttpConnectorSettings, SharedHttpClient, SharedHttpConnector, http_client_fn};
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use rustls::RootCertStore;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;

/// All of the system's certificates in one file. Where there is none of these, rustls-native-certs looks further: files and directories
/// of other systems, the keychain of macOS.
const BUNDLES: [&str; 2] = [
    // Amazon Linux, as in Lambda's provided.al2023; Fedora.
    "/etc/pki/tls/certs/ca-bundle.crt",
    // Debian, Ubuntu.
    "/etc/ssl/certs/ca-certificates.crt",
];

/// What botocore and the AWS CLI read their certificates of, and the Rust SDK does not.
const BUNDLE: &str = "AWS_CA_BUNDLE";

/// Variables that rustls-native-certs follows.
const NATIVE: [&str; 2] = ["SSL_CERT_FILE", "SSL_CERT_DIR"];

const END: &str = "-----END CERTIFICATE-----";

/// An HTTP client that reads nothing until it is used.
///
/// A connector, with its pool and its trust store, is for all requests with the same timeouts: ours all have the same. (The SDK's own client
/// also makes a connector whenever a client is made of it, certificates and all, and drops it: `validate_base_client_config`.)
pub(crate) fn client() -> SharedHttpClient {
    let made = Mutex::new(HashMap::new());
    http_client_fn(move |settings, components| {
        let timeouts = (settings.connect_timeout(), settings.read_timeout());
        let mut made = made.lock().unwrap_or_else(PoisonError::into_inner);
        made.entry(timeouts).or_insert_with(|| connector(settings, components)).clone()
    })
}

fn connector(settings: &HttpConnectorSettings, components: &RuntimeComponents) -> SharedHttpConnector {
    let mut connector = Connector::builder().tls_provider(Provider::Rustls(CryptoMode::AwsLc)).tls_context(tls());
    connector.set_connector_settings(Some(settings.clone()));
    connector.set_sleep_impl(components.sleep_impl());
    // As the SDK's own client has it.
    connector.set_proxy_config(Some(ProxyConfig::from_env()));
    SharedHttpConnector::new(connector.build())
}

fn tls() -> TlsContext {
    let trusted = bundle(|name| env::var_os(name), |path| fs::read(path));
    let store = trusted.map_or_else(TrustStore::default, |pem| TrustStore::empty().with_pem_certificate(pem));
    let context = TlsContext::builder().with_trust_store(store).build();
    context.unwrap_or_else(|_| unreachable!("what is trusted is all that was set, and the SDK looks at it later"))
}

/// The certificates to trust, where one file has them all; none where rustls-native-certs is to find them.
///
/// A file that somebody names is the only one: what it lacks is not trusted, and if it can't be read, nobody is.
fn bundle(variable: impl Fn(&str) -> Option<OsString>, read: impl Fn(&Path) -> io::Result<Vec<u8>>) -> Option<String> {
    let set = |name: &str| variable(name).filter(|value| !value.is_empty());
    if let Some(path) = set(BUNDLE) {
        let path = Path::new(&path);
        let pem = read(path).map_err(|error| error.to_string()).map(|file| anchors(&file));
        let pem = pem.and_then(|pem| if pem.is_empty() { Err("it has no certificate".to_owned()) } else { Ok(pem) });
        return Some(pem.unwrap_or_else(|why| {
            tracing::error!("{BUNDLE} is {}: {why}; no server is trusted", path.display());
            String::new()
        }));
    }
    if NATIVE.into_iter().any(|name| set(name).is_some()) {
        return None;
    }
    BUNDLES.iter().filter_map(|path| read(Path::new(path)).ok()).map(|file| anchors(&file)).find(|pem| !pem.is_empty())
}

/// The certificates of a file, less those that rustls refuses as a root: the SDK panics at such a one. Comments may be in any encoding.
fn anchors(file: &[u8]) -> String {
    String::from_utf8_lossy(file).split_inclusive(END).filter(|pem| is_anchor(pem)).collect()
}

fn is_anchor(pem: &str) -> bool {
    CertificateDer::from_pem_slice(pem.as_bytes()).is_ok_and(|certificate| RootCertStore::empty().add(certificate).is_ok())
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;
    use std::collections::BTreeMap;

    use super::*;

    /// A root made for these tests (P-256, self-signed, valid for a hundred years); its key was thrown away.
    const ROOT: &str = include_str!("https/root.pem");
    /// Well-formed PEM, and no certificate.
    const BROKEN: &str = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";

    /// What is trusted with these variables and files, and which files were read.
    fn trusted(variables: &[(&str, &str)], files: &[(&str, &str)]) -> (Option<String>, Vec<String>) {
        let (variables, files) = (variables.iter().copied().collect::<BTreeMap<_, _>>(), files.iter().copied().collect::<BTreeMap<_, _>>());
        let seen = RefCell::new(Vec::new());
        let read = |path: &Path| {
            let path = path.to_str().expect("UTF-8");
            seen.borrow_mut().push(path.to_owned());
            files.get(path).map(|text| text.as_bytes().to_vec()).ok_or_else(|| io::ErrorKind::NotFound.into())
        };
        let found = bundle(|name| variables.get(name).map(OsString::from), read);
        (found, seen.into_inner())
    }

    fn count(pem: &str) -> usize {
        CertificateDer::pem_slice_iter(pem.as_bytes()).flatten().count()
    }

    #[test]
    fn one_file_of_the_system_is_read() {
        let (found, seen) = trusted(&[], &[(BUNDLES[0], ROOT), (BUNDLES[1], ROOT)]);
        assert_eq!((count(&found.expect("found")), seen), (1, vec![BUNDLES[0].to_owned()]));
        let (found, _) = trusted(&[], &[(BUNDLES[0], ""), (BUNDLES[1], ROOT)]);
        assert_eq!(count(&found.expect("found")), 1);
    }

    #[test]
    fn on_another_system_rustls_native_certs_looks() {
        assert_eq!(trusted(&[], &[]).0, None);
    }

    #[test]
    fn a_bundle_that_is_named_is_the_only_one() {
        let (found, seen) = trusted(&[(BUNDLE, "/own.pem"), ("SSL_CERT_FILE", "/other.pem")], &[("/own.pem", ROOT), (BUNDLES[0], ROOT)]);
        assert_eq!((count(&found.expect("found")), seen), (1, vec!["/own.pem".to_owned()]));
    }

    #[test]
    fn where_the_bundle_that_is_named_holds_nothing_nobody_is_trusted() {
        for files in [&[(BUNDLES[0], ROOT)][..], &[("/own.pem", "nothing"), (BUNDLES[0], ROOT)]] {
            assert_eq!(trusted(&[(BUNDLE, "/own.pem")], files).0.as_deref(), Some(""));
        }
    }

    #[test]
    fn openssls_variables_are_left_to_rustls_native_certs() {
        for name in NATIVE {
            assert_eq!(trusted(&[(name, "/x")], &[(BUNDLES[0], ROOT)]), (None, vec![]));
        }
        // Set to nothing is not set.
        assert!(trusted(&[(BUNDLE, ""), (NATIVE[0], "")], &[(BUNDLES[0], ROOT)]).0.is_some());
    }

    #[test]
    fn what_is_no_certificate_is_left_out() {
        let text = [b"# Latin-1: \xe9\n".to_vec(), BROKEN.into(), ROOT.into(), b"-----BEGIN CERTIFICATE-----\ncut off".to_vec()].concat();
        let pem = anchors(&text);
        assert_eq!((count(&pem), pem.contains("AAAA"), pem.contains("cut off")), (1, false, false));
        assert_eq!(anchors(BROKEN.as_bytes()), "");
    }

    #[test]
    fn the_certificates_of_this_machine_make_a_client() {
        let connector = Connector::builder().tls_provider(Provider::Rustls(CryptoMode::AwsLc)).tls_context(tls());
        connector.build();
    }
}
