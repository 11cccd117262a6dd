//! What every store, every queue and every cache is held to, and a store in memory that is.
//!
//! # How to plug one in
//!
//! 1. Enable the feature `testkit` of this crate among the dev-dependencies.
//! 2. Implement [`StoreRig`], [`QueueRig`] or [`CacheRig`]: it makes fresh, empty places (a file, a database, a virtual host of a broker),
//!    and opens doors to each as another process would.
//! 3. Write `syncapp_control::store_conformance!(MyRig::start());` or `syncapp_control::queue_conformance!(…);` in the tests.
//!    Each case becomes a test of its own, on a multi-threaded runtime.
//!
//! Invariants: no case looks at a place but through the ports; what happens at once is asked at once, over several doors; no
//! case sleeps, [`StorePlace::pass`] does where there is no other way.

pub mod access;
pub mod audit;
mod away;
pub mod cache;
pub mod figures;
pub mod limits;
pub mod lists;
pub mod log;
mod memory;
pub mod notices;
pub mod outbox;
pub mod pauses;
pub mod projects;
pub mod queue;
pub mod remembered;
pub mod retention;
mod scene;
pub mod schedules;
pub mod submissions;
pub mod tasks;
pub mod traffic;
pub mod vault;
pub mod workers;

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;

use crate::{Cache, Queue, Store};

pub use access::{AccessPlace, AccessRig};
pub use away::Away;
pub use memory::MemoryStore;

/// A kind of store under test.
#[async_trait]
pub trait StoreRig: Send + Sync {
    /// A place of its own, with nothing in it.
    async fn fresh(&self) -> Box<dyn StorePlace>;
}

/// One place. It goes when this is dropped.
#[async_trait]
pub trait StorePlace: Send + Sync {
    /// A door to it, as a process of its own would have it.
    async fn store(&self) -> Arc<dyn Store>;

    /// Lets so much of the store's own time pass: at least that, and not much more.
    async fn pass(&self, time: Duration);
}

/// A kind of queue under test.
#[async_trait]
pub trait QueueRig: Send + Sync {
    /// A queue of its own, with nothing in it.
    async fn fresh(&self) -> Arc<dyn Queue>;
}

/// A kind of cache under test.
#[async_trait]
pub trait CacheRig: Send + Sync {
    /// A place of its own, with nothing in it.
    async fn fresh(&self) -> Box<dyn CachePlace>;
}

/// One place. It goes when this is dropped.
#[async_trait]
pub trait CachePlace: Send + Sync {
    /// A door to it, as a process of its own would have it.
    async fn cache(&self) -> Arc<dyn Cache>;

    /// Lets at least so much time pass.
    async fn pass(&self, time: Duration);
}

/// Declares a module with a test for each case of some areas of this kit.
#[macro_export]
#[doc(hidden)]
macro_rules! conformance_cases {
    ($name:ident, $rig:expr; $($area:ident: $($case:ident)*;)*) => {
        mod $name {
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

/// Declares a test for each case over a [`StoreRig`](crate::testkit::StoreRig).
#[macro_export]
macro_rules! store_conformance {
    ($rig:expr) => {
        $crate::conformance_cases! {
            store_conformance, $rig;
            projects: versions_count_and_never_change the_lock_holds of_many_pushes_one_wins
                schedules_change_with_their_version what_was_due_is_owed a_round_outlives_a_push;
            submissions: a_run_comes_with_its_tasks_and_hints a_run_is_submitted_once a_key_is_one_run of_many_runs_one_is_at_work
                an_overlap_is_left_out a_run_that_is_done_is_followed_once a_cancel_reaches_every_task a_held_run_can_be_cancelled;
            tasks: of_many_claims_one_holds what_is_known_of_a_task_comes_back what_a_driver_said_is_kept a_lease_runs_out_by_the_store_s_time
                a_heartbeat_keeps_the_lease a_heartbeat_takes_no_cancel_back the_fence_holds a_wait_is_waited_for the_last_task_ends_the_run
                the_next_run_is_let_in nothing_is_known_of_others;
            outbox: a_row_is_taken_once what_is_not_sent_comes_again a_hint_that_came_to_nothing_is_written_again;
            schedules: what_is_due_comes_in_order of_many_rounds_one_is_recorded an_overlap_is_recorded each_reason_is_kept
                a_tick_is_recorded_once;
            limits: limits_are_kept of_many_claims_as_many_hold_as_may whoever_waits_is_told_of_a_free_place a_hint_is_passed_on
                a_hint_on_its_way_is_none all_have_their_turn;
            pauses: a_pause_lasts_until_it_is_ended a_round_knows_of_the_pause what_is_owed_knows_of_the_pause no_round_passes_a_pause;
            lists: runs_come_newest_first pages_stay_while_runs_come_in what_runs_have_moved_is_summed projects_and_schedules_come_by_name;
            retention: a_run_that_is_over_is_forgotten what_is_not_followed_is_kept old_ticks_are_forgotten;
            vault: a_version_follows_the_one_before of_many_versions_one_is_put secrets_come_by_name a_data_key_is_sealed_anew
                a_put_and_a_rotation_do_not_mix;
            log: lines_come_in_their_order a_log_is_bounded a_log_goes_with_its_run;
            notices: an_end_is_announced_once who_is_told_is_told_until_it_is a_notice_is_taken_once;
            figures: what_waits_is_counted a_stream_lags_since_it_landed a_trace_goes_with_its_hints;
            workers: a_worker_is_there_while_it_says_so a_claim_is_told_while_it_lasts;
            traffic: much_at_once_stays_whole a_run_is_what_its_tasks_make_of_it;
        }
    };
}

/// Declares a test for each case over an [`AccessRig`](crate::testkit::AccessRig).
#[macro_export]
macro_rules! access_conformance {
    ($rig:expr) => {
        $crate::conformance_cases! {
            access_conformance, $rig;
            access: of_many_first_admins_there_is_one an_invitation_ends users_are_kept a_provider_s_user_is_one sessions_end
                no_session_passes_a_disabling tokens_end;
            audit: the_audit_log_is_one_chain each_forgery_is_detected a_forgery_stays_detected;
        }
    };
}

/// Declares a test for each case over a [`QueueRig`](crate::testkit::QueueRig).
#[macro_export]
macro_rules! queue_conformance {
    ($rig:expr) => {
        $crate::queue_conformance! { @
            $rig;
            a_hint_comes_to_its_pool a_door_waits what_is_acked_is_done what_is_not_acked_comes_again
                what_is_put_back_comes_again doors_share whoever_stops_waiting_loses_nothing
        }
    };
    (@ $rig:expr; $($case:ident)*) => {
        mod queue_conformance {
            #[allow(unused_imports)]
            use super::*;

            $(
                #[tokio::test(flavor = "multi_thread")]
                async fn $case() {
                    Box::pin($crate::testkit::queue::$case(&$rig)).await;
                }
            )*
        }
    };
}

/// Declares a test for each case over a [`CacheRig`](crate::testkit::CacheRig).
#[macro_export]
macro_rules! cache_conformance {
    ($rig:expr) => {
        $crate::conformance_cases! {
            cache_conformance, $rig;
            cache: a_value_comes_back a_value_ends what_is_too_long_is_not_kept a_value_is_taken_once calls_are_counted a_window_ends
                of_many_so_many_are_allowed what_is_said_is_heard listeners_come_and_go;
            remembered: who_was_recognised_is_not_looked_up_again what_is_taken_away_is_gone_everywhere
                whoever_looks_meanwhile_keeps_nothing_old a_cache_that_is_away_is_waited_for what_was_forged_is_not_believed;
        }
    };
}
