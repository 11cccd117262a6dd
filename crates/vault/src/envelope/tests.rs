use proptest::prelude::*;
use syncapp_control::KeyId;

use super::*;

/// What is sealed, for whom.
#[derive(Debug, Clone)]
struct Case {
    id: SecretId,
    version: u32,
    value: String,
}

/// Takes a part of another row.
type Swap = fn(&mut SealedSecret, &SealedSecret);

fn cases() -> impl Strategy<Value = Case> {
    ("[a-z/é-]{1,12}", "[a-z0-9/_.-]{1,12}", 1..u32::MAX, "\\PC{1,80}").prop_map(|(project, name, version, value)| {
        Case {
            id: SecretId { project, name },
            version,
            value,
        }
    })
}

fn sealed(master: &MasterKey, case: &Case) -> SealedSecret {
    seal(master, &case.id, case.version, &Secret::new(case.value.as_str())).unwrap()
}

/// It does not open, and nobody learns why from the error.
fn does_not_open(master: &MasterKey, secret: &SealedSecret, what: &str, values: &[&str]) {
    let error = open(master, secret).expect_err(what);
    assert_eq!(error.code(), Code::SecretDamaged, "{what}");
    let said = format!("{error} {error:?}");
    // A short value may be a part of any text.
    assert!(
        values.iter().all(|value| value.len() < 9 || !said.contains(value)),
        "{what}: {said}"
    );
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn what_is_sealed_opens(case in cases()) {
        let master = MasterKey::make().unwrap();
        let secret = sealed(&master, &case);
        prop_assert_eq!(open(&master, &secret), Ok(Secret::new(case.value.as_str())));
        let again = sealed(&master, &case);
        prop_assert_ne!(&again.sealed, &secret.sealed);
        prop_assert_ne!(&again.data_key.sealed, &secret.data_key.sealed);
        prop_assert_eq!(secret.sealed.len(), 24 + case.value.len() + 16);
        prop_assert_eq!(secret.data_key.sealed.len(), 24 + 32 + 16);
    }

    #[test]
    fn a_moved_data_key_opens_under_the_new_key_only(case in cases()) {
        let (old, new) = (MasterKey::make().unwrap(), MasterKey::make().unwrap());
        let before = sealed(&old, &case);
        let after = SealedSecret { data_key: move_key(&old, &new, &before.data_key).unwrap(), ..before.clone() };
        prop_assert_eq!(open(&new, &after), Ok(Secret::new(case.value.as_str())));
        prop_assert_eq!(open(&old, &before), Ok(Secret::new(case.value.as_str())));
        prop_assert_eq!(&after.data_key.key, new.id());
        does_not_open(&old, &after, "the old key", &[&case.value]);
        does_not_open(&new, &before, "the new key", &[&case.value]);
        prop_assert!(move_key(&new, &old, &before.data_key).is_err());
    }

    /// Two rows of one store: whatever part of one is put into the other, it does not open.
    #[test]
    fn no_part_of_a_row_opens_elsewhere(one in cases(), other in cases()) {
        let same_place = (&one.id, one.version) == (&other.id, other.version);
        let master = MasterKey::make().unwrap();
        let (a, b) = (sealed(&master, &one), sealed(&master, &other));
        let values = [one.value.as_str(), other.value.as_str()];
        let parts: [(&str, Swap); 6] = [
            ("project", |a, b| a.data_key.id.project.clone_from(&b.data_key.id.project)),
            ("name", |a, b| a.data_key.id.name.clone_from(&b.data_key.id.name)),
            ("version", |a, b| a.data_key.version = b.data_key.version),
            ("value", |a, b| a.sealed.clone_from(&b.sealed)),
            ("data key", |a, b| a.data_key.sealed.clone_from(&b.data_key.sealed)),
            ("value and data key", |a, b| {
                a.sealed.clone_from(&b.sealed);
                a.data_key.sealed.clone_from(&b.data_key.sealed);
            }),
        ];
        for (what, swap) in parts {
            let mut swapped = a.clone();
            swap(&mut swapped, &b);
            // A version of the same secret, written once more, is that secret.
            if swapped != a && !(same_place && what == "value and data key") {
                does_not_open(&master, &swapped, what, &values);
            }
        }
    }

    /// A letter that moves from the project to the name makes another secret of it.
    #[test]
    fn lengths_are_associated(case in cases(), at in 0_usize..12) {
        let master = MasterKey::make().unwrap();
        let mut secret = sealed(&master, &case);
        let SecretId { project, name } = &case.id;
        let all = format!("{project}{name}");
        let cut = all.char_indices().map(|(at, _)| at).nth(at).unwrap_or_default();
        if cut != project.len() {
            secret.data_key.id = SecretId { project: all[..cut].into(), name: all[cut..].into() };
            does_not_open(&master, &secret, "another cut", &[&case.value]);
        }
    }

    #[test]
    fn a_row_that_was_changed_does_not_open(case in cases(), at in any::<prop::sample::Index>(), bit in 0_u8..8, cut in 1_usize..60) {
        let master = MasterKey::make().unwrap();
        let secret = sealed(&master, &case);
        let mut changed = secret.clone();
        let place = at.index(changed.sealed.len());
        changed.sealed[place] ^= 1_u8 << bit;
        does_not_open(&master, &changed, "a bit of the value", &[&case.value]);
        let mut changed = secret.clone();
        let place = at.index(changed.data_key.sealed.len());
        changed.data_key.sealed[place] ^= 1_u8 << bit;
        does_not_open(&master, &changed, "a bit of the data key", &[&case.value]);
        let mut changed = secret.clone();
        changed.sealed.truncate(changed.sealed.len().saturating_sub(cut));
        does_not_open(&master, &changed, "a shorter value", &[&case.value]);
        let mut changed = secret;
        changed.data_key.sealed.truncate(72 - cut);
        does_not_open(&master, &changed, "a shorter data key", &[&case.value]);
    }

    /// The name of the key is associated with the data key: a row that names another one does not open, also not by that other one.
    #[test]
    fn key_names_cannot_be_swapped(one in cases(), other in cases()) {
        let (first, second) = (MasterKey::make().unwrap(), MasterKey::make().unwrap());
        let (mut a, mut b) = (sealed(&first, &one), sealed(&second, &other));
        std::mem::swap(&mut a.data_key.key, &mut b.data_key.key);
        does_not_open(&second, &a, "the key that it names", &[&one.value]);
        does_not_open(&first, &b, "the key that it names", &[&other.value]);
        let about = |key: &MasterKey| about_key(key, &one.id, one.version);
        prop_assert_ne!(about(&first), about(&second));
    }
}

#[test]
fn nothing_of_a_value_is_in_its_row() {
    let id = SecretId::new("shop", "password").unwrap();
    let master = MasterKey::make().unwrap();
    let canary = "canary-4f1c9a2e";
    let secret = seal(&master, &id, 1, &Secret::new(canary)).unwrap();
    let bytes = [secret.sealed.clone(), secret.data_key.sealed.clone()].concat();
    assert!(
        !bytes
            .windows(6)
            .any(|part| canary.as_bytes().windows(6).any(|other| other == part))
    );
    assert!(
        !bytes
            .windows(8)
            .any(|part| master.bytes().windows(8).any(|other| other == part))
    );
    assert_eq!(secret.data_key.key, KeyId(master.id().0.clone()));
}
