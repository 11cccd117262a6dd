//! What changes of accounts come to.

use super::*;
use crate::access::Role;
use uuid::Uuid;

fn ada() -> User {
    User {
        id: UserId(Uuid::from_u128(1)),
        name: "ada".into(),
        grants: vec![Grant::all(Role::Viewer)],
        disabled: false,
        created_at: SystemTime::UNIX_EPOCH,
        password: Some(Secret::new("$argon2id$canary")),
        identity: None,
    }
}

fn at(change: &AccountChange, ground: &Ground) -> Result<Consequence, Changed> {
    let by = By {
        actor: "agent".into(),
        origin: "127.0.0.1".into(),
    };
    decide(change, ground, &by, SystemTime::UNIX_EPOCH)
}

#[test]
fn the_first_admin_needs_an_invitation_and_an_empty_house() {
    let begin = AccountChange::Begin {
        digest: Digest::of("x"),
        user: NewUser {
            id: UserId(Uuid::nil()),
            name: "ada".into(),
            grants: Vec::new(),
            password: Some(Secret::new("hash")),
            identity: None,
        },
    };
    for (peopled, invited, may) in [(false, true, true), (false, false, false), (true, true, false)] {
        let ground = Ground {
            peopled,
            invited,
            ..Ground::default()
        };
        assert_eq!(at(&begin, &ground).is_ok(), may);
    }
}

#[test]
fn a_secret_is_told_by_its_fingerprint_only() {
    let change = AccountChange::SetPassword {
        user: ada().id,
        hash: Secret::new("$argon2id$newcanary"),
    };
    let ground = Ground {
        user: Some(ada()),
        ..Ground::default()
    };
    let done = at(&change, &ground).unwrap();
    assert!(!format!("{done:?}").contains("canary"), "{done:?}");
    assert_ne!(done.entry.before, done.entry.after);
    assert_eq!(done.writes[0], Write::NoSessions(ada().id));
}

#[test]
fn a_provider_vouches_for_its_own_users_only() {
    let identity = Identity {
        issuer: "https://id.example".into(),
        subject: "17".into(),
    };
    let identify = AccountChange::Identify(NewUser {
        id: UserId(Uuid::nil()),
        name: "ada".into(),
        grants: vec![Grant::all(Role::Operator)],
        password: None,
        identity: Some(identity.clone()),
    });
    let local = Ground {
        named: Some(ada()),
        ..Ground::default()
    };
    assert_eq!(
        at(&identify, &local),
        Err(Changed::Taken),
        "of the same name is somebody else"
    );
    let known = User {
        password: None,
        identity: Some(identity),
        ..ada()
    };
    let ground = |user: &User| Ground {
        identified: Some(user.clone()),
        named: Some(ada()),
        user: Some(user.clone()),
        ..Ground::default()
    };
    let done = at(&identify, &ground(&known)).unwrap();
    let after = User {
        grants: vec![Grant::all(Role::Operator)],
        ..known.clone()
    };
    assert_eq!(done.writes, [Write::User(after.clone())]);
    assert_eq!(at(&identify, &ground(&after)), Err(Changed::Same));
    let disabled = User {
        disabled: true,
        ..known.clone()
    };
    assert_eq!(at(&identify, &ground(&disabled)), Err(Changed::Refused));
    let set = AccountChange::SetPassword {
        user: known.id,
        hash: Secret::new("hash"),
    };
    assert_eq!(at(&set, &ground(&known)), Err(Changed::Refused), "it has none");
}

#[test]
fn what_is_so_already_is_not_written() {
    let ground = Ground {
        user: Some(ada()),
        peopled: true,
        ..Ground::default()
    };
    let user = ada().id;
    for change in [
        AccountChange::SetGrants {
            user,
            grants: ada().grants,
        },
        AccountChange::SetDisabled { user, disabled: false },
        AccountChange::Invite {
            digest: Digest::of("x"),
            life: Duration::ZERO,
        },
    ] {
        assert_eq!(at(&change, &ground), Err(Changed::Same));
    }
    let nobody = Ground::default();
    let disable = AccountChange::SetDisabled { user, disabled: true };
    assert_eq!(at(&disable, &nobody), Err(Changed::Missing));
}
