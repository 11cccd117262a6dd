//! The words of the control plane, as the description lists them: made from its own lists, so that none is forgotten.

use std::borrow::Cow;

use syncapp_control::access::Role;
use syncapp_control::{LogLevel, RunState, SkipReason, TaskState};
use utoipa::openapi::RefOr;
use utoipa::openapi::schema::{ObjectBuilder, Schema, Type};
use utoipa::{PartialSchema, ToSchema};

fn words<'a>(about: &str, words: impl IntoIterator<Item = &'a str>) -> RefOr<Schema> {
    let word = ObjectBuilder::new().schema_type(Type::String).description(Some(about));
    word.enum_values(Some(words)).build().into()
}

macro_rules! word {
    ($type:ident, $name:literal, $about:literal, $words:expr) => {
        #[doc = $about]
        pub(crate) struct $type;

        impl PartialSchema for $type {
            fn schema() -> RefOr<Schema> {
                words($about, $words)
            }
        }

        impl ToSchema for $type {
            fn name() -> Cow<'static, str> {
                $name.into()
            }
        }
    };
}

word!(
    RunStateWord,
    "RunState",
    "Where a run stands: it waits (`held` for the run before it, `queued` for a worker, `waiting` to be tried again), goes on \
     (`running`, `stalled`, `cancelling`), or is over.",
    RunState::ALL.map(RunState::name)
);
word!(
    TaskStateWord,
    "StreamState",
    "Where a stream of a run stands, in the words of runs.",
    TaskState::ALL.map(TaskState::name)
);
word!(
    LogLevelWord,
    "LogLevel",
    "How much a line of a log matters.",
    LogLevel::ALL.map(LogLevel::name)
);
word!(
    RoleWord,
    "Role",
    "What somebody may be. Each may all that those before it may.",
    Role::ALL.map(Role::name)
);
word!(
    OverlapWord,
    "Overlap",
    "What becomes of a run while another one of its sync goes on: it is not accepted (`skip`), or waits (`queue`).",
    ["skip", "queue"]
);
word!(
    SkipWord,
    "SkipReason",
    "Why a tick has no run: it was `missed`, `superseded` by a newer one or beyond what is made up for (`over_cap`), fell into a \
     `blackout`, its sync was `paused`, or the run before it still went on (`overlap`).",
    SkipReason::ALL.map(SkipReason::name)
);
word!(
    ChangeWord,
    "ChangeKind",
    "What becomes of the thing.",
    ["added", "changed", "removed"]
);

/// A role, and where it holds.
#[derive(ToSchema)]
#[schema(as = Grant)]
#[expect(dead_code, reason = "a description of the control plane's own")]
pub(crate) struct GrantWord {
    /// The role.
    role: RoleWord,
    /// The project; all of them, and the agent itself, where none is named.
    #[schema(example = "shop")]
    project: Option<String>,
}
