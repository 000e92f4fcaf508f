//! A certificate for the https listener, valid as long as the process lives.

use std::sync::Arc;

use rcgen::{CertificateParams, DistinguishedName, DnType, KeyPair};
use tokio_rustls::{
    TlsAcceptor,
    rustls::{
        ServerConfig,
        crypto::aws_lc_rs,
        pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer},
    },
};

use crate::StartError;

/// Offers h2 and HTTP/1.1; and the certificate to trust, in PEM.
pub(crate) fn acceptor() -> Result<(TlsAcceptor, String), StartError> {
    make().map_err(|error| StartError::Tls(error.to_string()))
}

fn make() -> Result<(TlsAcceptor, String), Box<dyn std::error::Error>> {
    let key = KeyPair::generate()?;
    let certificate = parameters()?.self_signed(&key)?;
    let private = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der()));
    let mut config = ServerConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
        .with_safe_default_protocol_versions()?
        .with_no_client_auth()
        .with_single_cert(vec![certificate.der().clone()], private)?;
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok((TlsAcceptor::from(Arc::new(config)), certificate.pem()))
}

fn parameters() -> Result<CertificateParams, rcgen::Error> {
    let mut parameters = CertificateParams::new(["localhost", "127.0.0.1"].map(str::to_owned))?;
    parameters.distinguished_name = DistinguishedName::new();
    parameters.distinguished_name.push(DnType::CommonName, "cosmos-emulator: trust this in tests only");
    Ok(parameters)
}
