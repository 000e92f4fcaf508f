//! A sealed text opens as the type it was made from, for the record it was bound to, and in no other way.
#![expect(clippy::unwrap_used, reason = "a helper that fails is a failed test")]

use authorization_server::{
    ground::{Id, Sealable, Sealed, Sealer},
    state::{
        access_token::AccessToken,
        family::FamilyKey,
        memory::{ApprovedClients, DeniedClients},
        signed_in::OwnerName,
        upstream_tokens::UpstreamSecrets,
    },
};
use testkit::Rig;

const ONE: Id = Id::from_bytes([1; 16]);
const OTHER: Id = Id::from_bytes([2; 16]);

async fn opens<T: Sealable>(sealer: &dyn Sealer, text: &str, bound_to: T::BoundTo) -> bool {
    Sealed::<T>::from_text(text).open(sealer, bound_to).await.unwrap().is_some()
}

#[tokio::test]
async fn a_sealed_text_opens_for_the_record_that_it_is_bound_to_only() {
    let rig = Rig::new().unwrap();
    let sealer = rig.ports.sealer.as_ref();
    let key = FamilyKey::from_bytes([7; 32].into());
    let sealed = Sealed::seal(sealer, &key, ONE).await.unwrap();
    assert!(opens::<FamilyKey>(sealer, sealed.as_str(), ONE).await);
    assert!(!opens::<FamilyKey>(sealer, sealed.as_str(), OTHER).await);
}

#[tokio::test]
async fn a_sealed_text_opens_as_no_other_type() {
    let rig = Rig::new().unwrap();
    let sealer = rig.ports.sealer.as_ref();
    // JSON that most of the types below would accept.
    let name = Sealed::seal(sealer, &OwnerName("[]".into()), ONE).await.unwrap();
    assert!(opens::<OwnerName>(sealer, name.as_str(), ONE).await);
    assert!(!opens::<FamilyKey>(sealer, name.as_str(), ONE).await);
    assert!(!opens::<UpstreamSecrets>(sealer, name.as_str(), ONE).await);
    assert!(!opens::<ApprovedClients>(sealer, name.as_str(), ()).await);
    let approved = Sealed::seal(sealer, &ApprovedClients::default(), ()).await.unwrap();
    assert!(opens::<ApprovedClients>(sealer, approved.as_str(), ()).await);
    assert!(!opens::<DeniedClients>(sealer, approved.as_str(), ()).await);
}

#[test]
fn a_sealed_text_is_not_shown_by_debug() {
    assert_eq!(format!("{:?}", Sealed::<AccessToken>::from_text("secret")), "Sealed(6 bytes)");
}
