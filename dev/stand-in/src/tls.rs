//! TLS: a certification authority made for one server, and the server's certificate.

use std::sync::Arc;

use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DistinguishedName, DnType, ExtendedKeyUsagePurpose, IsCa,
    KeyPair, KeyUsagePurpose,
};
use serde::{Deserialize, Serialize};
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::{
    TlsAcceptor, rustls::ServerConfig, rustls::crypto::aws_lc_rs, rustls::pki_types::pem::PemObject as _,
};

/// Why a certificate cannot be made or used.
pub type TlsError = Box<dyn std::error::Error + Send + Sync>;

/// A server certificate with its private key and its authority, all in PEM. The authority's private key is not kept, so it
/// signs nothing else.
#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Certificate {
    authority: String,
    server: String,
    private_key: String,
}

impl Certificate {
    /// A new certificate, valid for these names and addresses.
    pub fn issue(names: &[&str]) -> Result<Self, TlsError> {
        let authority = CertifiedIssuer::self_signed(authority()?, KeyPair::generate()?)?;
        let key = KeyPair::generate()?;
        let certificate = server(names)?.signed_by(&key, &authority)?;
        Ok(Self { authority: authority.pem(), server: certificate.pem(), private_key: key.serialize_pem() })
    }

    /// The certificate of the authority, which clients must trust.
    #[must_use]
    pub fn authority(&self) -> &str {
        &self.authority
    }

    /// Accepts TLS connections with this certificate.
    pub fn acceptor(&self) -> Result<TlsAcceptor, TlsError> {
        let certificate = CertificateDer::from_pem_slice(self.server.as_bytes())?;
        let key = PrivateKeyDer::from_pem_slice(self.private_key.as_bytes())?;
        let config = ServerConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
            .with_safe_default_protocol_versions()?
            .with_no_client_auth()
            .with_single_cert(vec![certificate], key)?;
        Ok(TlsAcceptor::from(Arc::new(config)))
    }
}

fn authority() -> Result<CertificateParams, rcgen::Error> {
    let mut parameters = named("stand-in: trust this in tests only", vec![])?;
    parameters.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    parameters.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    Ok(parameters)
}

fn server(names: &[&str]) -> Result<CertificateParams, rcgen::Error> {
    let common_name = names.first().copied().unwrap_or_default();
    let mut parameters = named(common_name, names.iter().map(|name| (*name).to_owned()).collect())?;
    parameters.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    parameters.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    // Clients that check certificates by RFC 5280 to the letter require it.
    parameters.use_authority_key_identifier_extension = true;
    Ok(parameters)
}

fn named(name: &str, subject_alt_names: Vec<String>) -> Result<CertificateParams, rcgen::Error> {
    let mut parameters = CertificateParams::new(subject_alt_names)?;
    parameters.distinguished_name = DistinguishedName::new();
    parameters.distinguished_name.push(DnType::CommonName, name);
    Ok(parameters)
}
