//! Roles, and what each may do: the one table that says so.

use serde::{Deserialize, Serialize};

/// What somebody may be. Each may all that those before it may.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Looks at what there is and how it goes.
    Viewer,
    /// Starts, stops and pauses what is there.
    Operator,
    /// Changes what is there.
    Editor,
    /// Says who may.
    Admin,
}

/// What may be done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Permission {
    /// See projects, their syncs and runs.
    View,
    /// Start, cancel and retry runs.
    Run,
    /// Pause syncs, and let them go on.
    Pause,
    /// Look by jobs at the systems that a project connects, rows included, and set back what they remember.
    Inspect,
    /// Push projects.
    Edit,
    /// Set, list and forget secrets.
    Secrets,
    /// Make, see and revoke API tokens, and learn the keys of webhooks.
    Tokens,
    /// Make, see, change and disable users.
    Users,
    /// Read the audit log.
    Audit,
}

impl Role {
    /// All of them, the least first.
    pub const ALL: [Self; 4] = [Self::Viewer, Self::Operator, Self::Editor, Self::Admin];

    /// Whether it may do this.
    pub fn may(self, permission: Permission) -> bool {
        self >= match permission {
            Permission::View => Self::Viewer,
            Permission::Run | Permission::Pause | Permission::Inspect => Self::Operator,
            Permission::Edit | Permission::Secrets => Self::Editor,
            Permission::Tokens | Permission::Users | Permission::Audit => Self::Admin,
        }
    }

    /// Its word.
    pub fn name(self) -> &'static str {
        match self {
            Self::Viewer => "viewer",
            Self::Operator => "operator",
            Self::Editor => "editor",
            Self::Admin => "admin",
        }
    }

    /// The role of a word.
    pub fn from_name(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.name() == word)
    }
}

/// Where a role holds.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Scope {
    /// In all projects, those to come as well, and for the agent itself.
    All,
    /// In one project.
    Project(String),
}

/// A role, and where it holds.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Grant {
    /// The role.
    pub role: Role,
    /// The project; all of them, and the agent itself, where none is named.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub project: Option<String>,
}

impl Grant {
    /// A role everywhere.
    pub fn all(role: Role) -> Self {
        Self { role, project: None }
    }

    /// A role in one project.
    pub fn of(role: Role, project: impl Into<String>) -> Self {
        Self {
            role,
            project: Some(project.into()),
        }
    }

    /// Where it holds.
    pub fn scope(&self) -> Scope {
        self.project.clone().map_or(Scope::All, Scope::Project)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table() {
        let rows = [
            (Permission::View, [true, true, true, true]),
            (Permission::Run, [false, true, true, true]),
            (Permission::Pause, [false, true, true, true]),
            (Permission::Inspect, [false, true, true, true]),
            (Permission::Edit, [false, false, true, true]),
            (Permission::Secrets, [false, false, true, true]),
            (Permission::Tokens, [false, false, false, true]),
            (Permission::Users, [false, false, false, true]),
            (Permission::Audit, [false, false, false, true]),
        ];
        for (permission, may) in rows {
            assert_eq!(Role::ALL.map(|role| role.may(permission)), may, "{permission:?}");
        }
        for role in Role::ALL {
            assert_eq!(Role::from_name(role.name()), Some(role));
        }
        assert_eq!(Role::from_name("Admin"), None);
    }
}
