//! Up to where writers that a snapshot does not show may still bring rows: what database servers have in common.

use syncapp_model::Scalar;

/// How far behind UTC a session's clock may stand, in microseconds: no time zone is further west, and MySQL takes none.
pub(crate) const FARTHEST_CLOCK: i64 = 14 * 3_600_000_000;

/// The smallest cursor value that may still come.
#[derive(Debug, Default)]
pub(crate) struct Horizon {
    pub(crate) at: Option<Scalar>,
    /// The same, were no writer's clock behind the server's.
    pub(crate) near: Option<Scalar>,
}
