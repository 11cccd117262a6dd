//! The way from those who have work to those who do it.

use async_trait::async_trait;
use syncapp_model::Result;

use crate::{TaskId, TraceParent};

/// Says that a task may be claimed. It holds nothing that the store does not know better.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Hint {
    /// The task.
    pub task: TaskId,
    /// Whose workers are to hear of it.
    pub pool: String,
    /// What caused the run, where somebody traces it.
    pub trace: Option<TraceParent>,
}

/// What the queue says of a hint that was handed to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Published {
    /// It is kept, as well as the queue can keep anything.
    Confirmed,
    /// There is nowhere to keep it: no queue for the pool.
    Returned,
    /// Nothing was heard; it may be kept or not.
    Unconfirmed,
}

/// Carries hints. Any of them may be lost, delayed, come twice or in another order; none is made up.
#[async_trait]
pub trait Queue: Send + Sync {
    /// Hands a hint over, and waits for what the queue says.
    async fn publish(&self, hint: &Hint) -> Result<Published>;

    /// Whether hints can be handed over and come now.
    async fn reachable(&self) -> Result<()> {
        Ok(())
    }

    /// Opens a door through which the hints of these pools come.
    async fn consume(&self, pools: &[String]) -> Result<Box<dyn Consumer>>;
}

/// A door through which hints come. Each comes through one door at a time; what was not acked when the door closes (it is
/// dropped, or its process dies) comes again elsewhere. The next hints may wait behind an open door before they are asked for,
/// kept from the other doors: whoever wants none for now closes it.
#[async_trait]
pub trait Consumer: Send {
    /// The next hint; waits for one. Dropping the call loses none. After an error the door is of no more use. Another hint of the
    /// same pool may come only after the one before it was acked or put back.
    async fn next(&mut self) -> Result<Delivery>;

    /// The hint has done its service.
    async fn ack(&mut self, delivery: Delivery) -> Result<()>;

    /// The hint could not be followed now: it comes again.
    async fn put_back(&mut self, delivery: Delivery) -> Result<()>;
}

/// A hint that came through a door, until it is acked or put back.
#[derive(Debug, PartialEq, Eq)]
pub struct Delivery {
    /// What it says.
    pub hint: Hint,
    /// The queue's own name for this delivery.
    pub tag: u64,
}
