//! The certificate of the webhook: made, or given and read again when it changes.

use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use anyhow::{Context, Result, anyhow};
use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, KeyPair, KeyUsagePurpose};
use rustls::crypto::aws_lc_rs;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;

use crate::arguments::Certificate;

/// How often the files are looked at.
const LOOK_EVERY: Duration = Duration::from_secs(5);

/// Makes an authority and a certificate it signed, and writes them. The authority's key is
/// forgotten: nobody can sign another with it.
pub(crate) fn write(arguments: &Certificate) -> Result<()> {
    let made = make(&arguments.names, arguments.days)?;
    let folder = &arguments.output;
    let shown = folder.display();
    std::fs::create_dir_all(folder).with_context(|| format!("cannot make {shown}"))?;
    let files =
        [("ca.crt", &made.authority), ("tls.crt", &made.certificate), ("tls.key", &made.key)];
    for (name, text) in files {
        write_private(&folder.join(name), text)
            .with_context(|| format!("cannot write {name} into {shown}"))?;
    }
    anstream::eprintln!("wrote ca.crt, tls.crt and tls.key into {shown}");
    Ok(())
}

fn write_private(path: &Path, text: &str) -> std::io::Result<()> {
    use std::io::Write;
    use std::os::unix::fs::OpenOptionsExt;
    let mut options = std::fs::OpenOptions::new();
    let mut file = options.write(true).create(true).truncate(true).mode(0o600).open(path)?;
    file.write_all(text.as_bytes())
}

/// PEM texts.
struct Made {
    authority: String,
    certificate: String,
    key: String,
}

fn make(names: &[String], days: u32) -> Result<Made> {
    let now = jiff::Timestamp::now();
    let day = |days: i64| {
        let at = now + jiff::SignedDuration::from_hours(24 * days);
        let date = jiff::tz::Offset::UTC.to_datetime(at).date();
        rcgen::date_time_ymd(
            i32::from(date.year()),
            date.month().unsigned_abs(),
            date.day().unsigned_abs(),
        )
    };
    let authority_key = KeyPair::generate()?;
    let mut authority = CertificateParams::new(Vec::new())?;
    authority.distinguished_name.push(DnType::CommonName, "bollwerk webhook authority");
    authority.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    authority.key_usages = vec![KeyUsagePurpose::KeyCertSign];
    (authority.not_before, authority.not_after) = (day(-1), day(i64::from(days)));
    let authority_certificate = authority.self_signed(&authority_key)?;
    let key = KeyPair::generate()?;
    let mut own = CertificateParams::new(names.to_vec())?;
    own.distinguished_name.push(DnType::CommonName, "bollwerk");
    own.extended_key_usages = vec![rcgen::ExtendedKeyUsagePurpose::ServerAuth];
    (own.not_before, own.not_after) = (day(-1), day(i64::from(days)));
    let issuer = rcgen::Issuer::new(authority, authority_key);
    let certificate = own.signed_by(&key, &issuer)?;
    Ok(Made {
        authority: authority_certificate.pem(),
        certificate: certificate.pem(),
        key: key.serialize_pem(),
    })
}

/// The certificate that connections are answered with: always the last good one.
#[derive(Debug)]
pub(crate) struct Current(RwLock<Arc<CertifiedKey>>);

impl ResolvesServerCert for Current {
    fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(Arc::clone(&self.0.read().unwrap_or_else(PoisonError::into_inner)))
    }
}

impl Current {
    /// The certificate of a folder, which is followed from now on. A new one that cannot be read
    /// is told and not taken.
    pub(crate) fn follow(folder: &Path) -> Result<Arc<Self>> {
        let (mut last, key) = read(folder)?;
        let current = Arc::new(Self(RwLock::new(Arc::new(key))));
        let (followed, folder) = (Arc::clone(&current), PathBuf::from(folder));
        tokio::spawn(async move {
            loop {
                tokio::time::sleep(LOOK_EVERY).await;
                match read(&folder) {
                    Ok((text, _)) if text == last => {}
                    Ok((text, key)) => {
                        last = text;
                        *followed.0.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(key);
                        tracing::info!("took a new certificate");
                    }
                    Err(error) => tracing::warn!("kept the old certificate: {error:#}"),
                }
            }
        });
        Ok(current)
    }
}

/// The certificate and key of a folder, as text and as what signs.
fn read(folder: &Path) -> Result<(Vec<u8>, CertifiedKey)> {
    let file = |name: &str| {
        let path = folder.join(name);
        std::fs::read(&path).with_context(|| format!("cannot read {}", path.display()))
    };
    let (mut text, key) = (file("tls.crt")?, file("tls.key")?);
    let chain: Vec<CertificateDer<'static>> = CertificateDer::pem_slice_iter(&text)
        .collect::<Result<_, _>>()
        .map_err(|error| anyhow!("tls.crt holds no certificate that can be read: {error}"))?;
    let key_der = PrivateKeyDer::from_pem_slice(&key)
        .map_err(|error| anyhow!("tls.key holds no key that can be read: {error}"))?;
    let certified = CertifiedKey::from_der(chain, key_der, &aws_lc_rs::default_provider())
        .context("tls.crt and tls.key do not belong together")?;
    text.extend(key);
    Ok((text, certified))
}
