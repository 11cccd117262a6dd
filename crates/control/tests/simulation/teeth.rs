//! Protections that can be taken out of the simulated world, to show that the oracles notice. Production code has no switch.

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Tooth {
    /// What a worker writes holds whatever its epoch.
    Fence,
    /// The target commits whatever its epoch.
    TargetFence,
    /// A worker does not give up when its lease is over: it takes it for longer than the store does.
    Deadline,
    /// Nobody sweeps.
    Sweeper,
    /// Every hint counts as confirmed.
    Confirms,
    /// A hint is acked when it comes, before the claim.
    EarlyAck,
    /// A hint is acked when its task has ended.
    LateAck,
    /// A relay forgets rows before it publishes them.
    Outbox,
    /// Nobody records what a push left due.
    Owed,
}

impl Tooth {
    pub(crate) const ALL: [Self; 9] = [
        Self::Fence,
        Self::TargetFence,
        Self::Deadline,
        Self::Sweeper,
        Self::Confirms,
        Self::EarlyAck,
        Self::LateAck,
        Self::Outbox,
        Self::Owed,
    ];
}
