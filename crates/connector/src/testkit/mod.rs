//! The conformance kit: what every connector has to pass, as source and as destination.
//!
//! # How to plug a connector in
//!
//! 1. Enable the feature `testkit` of this crate among the dev-dependencies.
//! 2. Implement [`System`]: one fresh, empty place (a temporary file, a schema of its own, a temporary folder) with
//!    both ends over it. Each call of [`System::source`] and [`System::destination`] makes a new end, as a new process
//!    would have it; the place goes when the system is dropped.
//! 3. Implement [`Rig`]: it makes such places, and says with [`Abilities`] what the system can do. Start from
//!    [`Abilities::all`] and take away; what is taken away has to be *refused*, and the kit tests that.
//! 4. In the connector's tests write `syncapp_connector::conformance!(MyRig::start());`. Each case becomes a test of
//!    its own, `conformance::discovery::pages` and so on, on a multi-threaded runtime. The rig is an expression
//!    evaluated by each of them: keep a shared server behind a `OnceLock` of yours.
//!
//! A kill is played by dropping the loads and writers without a word, and going on with a new end.
//!
//! Invariants: no case looks at a system but through the two ends; rows are compared as Arrow arrays, bit for bit,
//! sorted by an `id` column that every table of the kit has.

pub mod delivery;
pub mod discovery;
mod edges;
mod flow;
pub mod merges;
pub mod ranges;
pub mod reading;
mod rig;
pub mod shapes;
pub mod state;
mod table;
pub mod undo;
pub mod values;
pub mod writes;

pub use edges::{Odd, TYPES, edges};
pub use flow::{Flow, checkpoint};
pub use rig::{Abilities, ODD_NAMES, Rig, System};
pub use table::Table;

/// Declares a test for each case of the kit over a [`Rig`](crate::testkit::Rig).
#[macro_export]
macro_rules! conformance {
    ($rig:expr) => {
        $crate::conformance! { @
            $rig;
            discovery: finds_what_was_written pages names_the_nearest_stream;
            values: every_type_keeps_its_edges odd_values_are_kept_or_refused null_keeps_its_type;
            reading: columns_come_as_asked batches_are_bounded a_limit_holds a_dropped_stream_stops;
            ranges: from_is_inclusive_below_exclusive_and_null_comes;
            writes: overwrite_replaces_on_commit append_adds the_others_are_refused several_loads_follow_a_claim
                a_failed_write_leaves_the_target;
            merges: inserts_and_updates a_replay_changes_nothing the_greatest_cursor_wins equal_copies_are_one
                a_tie_is_an_error a_null_key_is_an_error keys_have_several_columns;
            delivery: it_is_as_announced a_kill_leaves_the_old_rows a_later_claim_fences an_abort_leaves_the_target
                a_claim_raises_the_epoch;
            state: a_checkpoint_comes_back states_are_listed a_state_is_set_and_forgotten streams_are_apart;
            undo: runs_are_taken_back what_changed_since_is_left_alone;
            shapes: an_empty_stream_makes_its_table a_new_column_is_added a_type_that_does_not_fit_is_refused
                odd_names_survive wide_rows_survive long_rows_survive;
        }
    };
    (@ $rig:expr; $($area:ident: $($case:ident)*;)*) => {
        mod conformance {
            #[allow(unused_imports)]
            use super::*;

            $(mod $area {
                #[allow(unused_imports)]
                use super::*;

                $(
                    #[tokio::test(flavor = "multi_thread")]
                    async fn $case() {
                        Box::pin($crate::testkit::$area::$case(&$rig)).await;
                    }
                )*
            })*
        }
    };
}
