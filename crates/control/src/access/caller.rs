//! Whoever asks for something, as far as the agent knows, and what it may.

use serde::{Deserialize, Serialize};

use super::{By, Grant, Permission, Role, TokenId, UserId};

/// Whoever asks for something, and what it may.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Caller {
    /// Who it is.
    pub who: Who,
    grants: Vec<Grant>,
    /// Where it shows a token of somebody: what the token may at most.
    bound: Option<Grant>,
}

/// Who asks.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Who {
    /// Whoever holds the agent's own token.
    Agent,
    /// Whoever sits in front of this process.
    Local,
    /// A user in a session.
    User(UserId, String),
    /// A program with an API token.
    Token(TokenId, String),
}

/// What is done something to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Target<'a> {
    /// The agent itself: what belongs to no project.
    Agent,
    /// A project, whether or not it is there.
    Project(&'a str),
}

impl Caller {
    /// Whoever holds the agent's own token: it may everything.
    pub fn agent() -> Self {
        Self::new(Who::Agent, vec![Grant::all(Role::Admin)])
    }

    /// Whoever sits in front of this process: it may everything, for all that is there is its own.
    pub fn local() -> Self {
        Self::new(Who::Local, vec![Grant::all(Role::Admin)])
    }

    /// Somebody who may what these say.
    pub fn new(who: Who, grants: Vec<Grant>) -> Self {
        Self {
            who,
            grants,
            bound: None,
        }
    }

    /// The same, and not more than this.
    pub fn within(self, bound: Grant) -> Self {
        Self {
            bound: Some(bound),
            ..self
        }
    }

    /// Whether it may do this.
    pub fn may(&self, permission: Permission, target: Target<'_>) -> bool {
        let holds = |grant: &Grant| {
            grant.role.may(permission)
                && match (&grant.project, target) {
                    (None, _) => true,
                    (Some(project), Target::Project(other)) => project == other,
                    (Some(_), Target::Agent) => false,
                }
        };
        self.bound.as_ref().is_none_or(holds) && self.grants.iter().any(holds)
    }

    /// Whether it may all that this says: somebody can only give away what it has.
    pub fn covers(&self, grant: &Grant) -> bool {
        let at_least = |own: &Grant| own.role >= grant.role && (own.project.is_none() || own.project == grant.project);
        self.bound.as_ref().is_none_or(at_least) && self.grants.iter().any(at_least)
    }

    /// The projects in which it may do this; `None` where it may in all.
    pub fn projects(&self, permission: Permission) -> Option<Vec<String>> {
        if self.may(permission, Target::Agent) {
            return None;
        }
        let named = self
            .grants
            .iter()
            .chain(&self.bound)
            .filter_map(|grant| grant.project.clone());
        let mut named: Vec<String> = named
            .filter(|project| self.may(permission, Target::Project(project)))
            .collect();
        named.sort();
        named.dedup();
        Some(named)
    }

    /// What it may at most, as it is told to itself.
    pub fn grants(&self) -> Vec<Grant> {
        self.bound
            .as_ref()
            .map_or_else(|| self.grants.clone(), |bound| vec![bound.clone()])
    }

    /// The user who is signed in.
    pub fn user(&self) -> Option<UserId> {
        match self.who {
            Who::User(id, _) => Some(id),
            Who::Agent | Who::Local | Who::Token(..) => None,
        }
    }

    /// It, from there, as the audit log names it.
    pub fn from(&self, origin: impl Into<String>) -> By {
        let actor = match &self.who {
            Who::Agent => "agent".to_owned(),
            Who::Local => "local user".to_owned(),
            Who::User(_, name) => format!("user {name}"),
            Who::Token(id, name) => format!("token {id} ({name})"),
        };
        By {
            actor,
            origin: origin.into(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    fn caller(grants: &[Grant], bound: Option<Grant>) -> Caller {
        let caller = Caller::new(Who::Token(TokenId(Uuid::nil()), "ci".into()), grants.into());
        match bound {
            Some(bound) => caller.within(bound),
            None => caller,
        }
    }

    #[test]
    fn a_role_holds_where_it_was_given() {
        let (shop, crm) = (Target::Project("shop"), Target::Project("crm"));
        let mixed = caller(&[Grant::all(Role::Viewer), Grant::of(Role::Editor, "shop")], None);
        for (permission, target, may) in [
            (Permission::View, Target::Agent, true),
            (Permission::View, crm, true),
            (Permission::Edit, shop, true),
            (Permission::Edit, crm, false),
            (Permission::Edit, Target::Agent, false),
            (Permission::Users, shop, false),
        ] {
            assert_eq!(mixed.may(permission, target), may, "{permission:?} {target:?}");
        }
        let one = caller(&[Grant::of(Role::Admin, "shop")], None);
        assert!(one.may(Permission::Tokens, shop));
        assert!(!one.may(Permission::Users, Target::Agent));
        assert!(!one.may(Permission::View, crm));
        assert!(!caller(&[], None).may(Permission::View, shop));
    }

    #[test]
    fn a_token_may_no_more_than_its_owner() {
        let (shop, crm) = (Target::Project("shop"), Target::Project("crm"));
        let owner = [Grant::of(Role::Operator, "shop"), Grant::of(Role::Admin, "crm")];
        let token = caller(&owner, Some(Grant::all(Role::Editor)));
        assert!(token.may(Permission::Run, shop) && !token.may(Permission::Edit, shop));
        assert!(token.may(Permission::Edit, crm) && !token.may(Permission::Tokens, crm));
        assert_eq!(
            token.projects(Permission::View),
            Some(vec!["crm".into(), "shop".into()])
        );
        assert_eq!(token.projects(Permission::Edit), Some(vec!["crm".into()]));
        let narrow = caller(&[Grant::all(Role::Admin)], Some(Grant::of(Role::Viewer, "shop")));
        assert!(narrow.may(Permission::View, shop) && !narrow.may(Permission::View, crm));
        assert_eq!(narrow.projects(Permission::View), Some(vec!["shop".into()]));
    }

    #[test]
    fn nobody_gives_away_what_it_has_not() {
        let admin = caller(&[Grant::of(Role::Admin, "shop")], None);
        assert!(admin.covers(&Grant::of(Role::Admin, "shop")));
        assert!(admin.covers(&Grant::of(Role::Viewer, "shop")));
        assert!(!admin.covers(&Grant::all(Role::Viewer)));
        assert!(!admin.covers(&Grant::of(Role::Viewer, "crm")));
        let bound = caller(&[Grant::all(Role::Admin)], Some(Grant::of(Role::Admin, "shop")));
        assert!(!bound.covers(&Grant::all(Role::Admin)));
    }
}
