//! What is looked at when something is written into the store: oracles that cannot wait for the end.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};
use std::time::SystemTime;

use futures_util::FutureExt as _;
use syncapp_control::testkit::MemoryStore;
use syncapp_control::{Event, Run, RunState, Task, TaskId, TaskState, Tasks as _, Verdict};
use syncapp_model::Result;

use crate::broker::Broker;
use crate::cast::NARROW;
use crate::target::Targets;
use crate::teeth::Tooth;
use crate::world::World;

/// The one store behind all processes, and what was seen of it.
pub(crate) struct Stored {
    pub(crate) rows: MemoryStore,
    pub(crate) seen: Mutex<Seen>,
}

/// What the oracles need to know of the past.
#[derive(Default)]
pub(crate) struct Seen {
    /// The claim that was granted last, by task.
    claims: BTreeMap<TaskId, u64>,
    /// How often a task came to its end.
    ends: BTreeMap<TaskId, u32>,
    /// When each version came to be, and the time from which its new schedules count.
    pub(crate) pushes: Vec<(u32, SystemTime, SystemTime)>,
    /// When [`PAUSED`](crate::cast::PAUSED) was paused, and went on.
    pub(crate) pauses: Vec<(SystemTime, Option<SystemTime>)>,
    /// What tasks went through, and why events were refused.
    pub(crate) met: BTreeSet<String>,
}

impl Seen {
    pub(crate) fn met(&mut self, what: String) {
        self.met.insert(what);
    }
}

/// The store, and all that is to be looked at when something is written there.
pub(crate) struct Watch {
    pub(crate) world: Arc<World>,
    pub(crate) stored: Arc<Stored>,
    pub(crate) broker: Arc<Broker>,
    pub(crate) targets: Arc<Targets>,
    pub(crate) tooth: Option<Tooth>,
}

pub(crate) fn at_once<T>(answer: impl Future<Output = T>) -> T {
    answer.now_or_never().expect("a store in memory answers at once")
}

impl Watch {
    /// What reaches the store, and its verdict.
    pub(crate) fn happen(&self, id: TaskId, event: &Event) -> Result<Verdict> {
        let asked = match (self.tooth, event) {
            (Some(Tooth::Fence), Event::Heartbeat { .. } | Event::Finish { .. }) => self.unfenced(id, event)?,
            (Some(Tooth::Deadline), _) => shortened(event),
            _ => event.clone(),
        };
        let verdict = at_once(self.stored.rows.happen(id, &asked))?;
        if let Event::Finish { .. } = event {
            self.broker.settle(id);
        }
        match &verdict {
            Verdict::Held(task) => self.watch(event, task),
            Verdict::Refused(refusal) => {
                self.world.log(|| format!("  {id} {}: {refusal:?}", brief(event)));
                self.stored.seen.lock().unwrap().met(format!("{refusal:?}"));
            }
        }
        Ok(verdict)
    }

    /// The event under whatever epoch the task has.
    fn unfenced(&self, id: TaskId, event: &Event) -> Result<Event> {
        let tasks = at_once(self.stored.rows.tasks(id.run))?;
        let mut event = event.clone();
        if let (Event::Heartbeat { epoch, .. } | Event::Finish { epoch, .. }, Some(task)) =
            (&mut event, tasks.get(id.number as usize))
        {
            *epoch = task.epoch;
        }
        Ok(event)
    }

    /// O3: epochs never decrease, one end a task. D3: what is said to have landed has. One run of a sync at a time.
    fn watch(&self, event: &Event, task: &Task) {
        self.world
            .log(|| format!("  {} {}: {:?}", task.id, brief(event), task.state));
        let violate = |what: String| self.world.violate(|| format!("task {}: {what}", task.id));
        {
            let mut seen = self.stored.seen.lock().unwrap();
            seen.met(format!("{:?}", task.state));
            if let Some(error) = &task.error {
                seen.met(error.code.clone());
            }
            let latest = seen.claims.entry(task.id).or_default();
            match event {
                Event::Claim { .. } if task.epoch.0 != *latest + 1 => {
                    violate(format!("claim {} came after claim {latest}", task.epoch.0));
                }
                Event::Claim { .. } if task.started_at != Some(self.world.database_time()) => {
                    violate(format!("claim {} is not said to have begun", task.epoch.0));
                }
                Event::Claim { .. } => *latest = task.epoch.0,
                Event::Heartbeat { epoch, .. } | Event::Finish { epoch, .. } if epoch.0 != *latest => {
                    violate(format!("claim {} had an effect after claim {latest}", epoch.0));
                }
                _ => {}
            }
            if task.state.is_final() {
                let ends = seen.ends.entry(task.id).or_default();
                *ends += 1;
                if *ends > 1 {
                    violate("it came to its end twice".into());
                }
            }
        }
        let runs = self.stored.rows.all_runs();
        let Some(run) = runs.iter().find(|run| run.id == task.id.run) else {
            return violate("its run is gone".into());
        };
        if task.state == TaskState::Done && !self.targets.landed(run, &task.stream) {
            violate("it is done, and its target does not hold what the source had when it was submitted".into());
        }
        let uses = |task: &&Task| {
            let run = runs.iter().find(|run| run.id == task.id.run);
            task.state.is_leased() && run.is_some_and(|run| run.limits.connections().contains(NARROW.0))
        };
        let tasks = self.stored.rows.all_tasks();
        let users = tasks.iter().filter(uses).count();
        if users > NARROW.1 as usize {
            violate(format!("{users} streams use a connection that may have {}", NARROW.1));
        }
        let at_work = |other: &&Run| other.sync == run.sync && !other.state.is_final() && other.state != RunState::Held;
        if runs.iter().filter(at_work).count() > 1 {
            violate(format!("two runs of {} are at work", run.sync));
        }
    }
}

/// The event, with a lease that ends before its worker believes so.
fn shortened(event: &Event) -> Event {
    let mut event = event.clone();
    if let Event::Claim { ttl, .. } | Event::Heartbeat { ttl, .. } = &mut event {
        *ttl /= 2;
    }
    event
}

fn brief(event: &Event) -> String {
    match event {
        Event::Claim { worker, .. } => format!("claimed by {worker}"),
        Event::Heartbeat { epoch, .. } => format!("heartbeat of claim {}", epoch.0),
        Event::Finish { epoch, ending, .. } => {
            let ending = format!("{ending:?}");
            let word = ending.split([' ', '{']).next().unwrap_or_default().to_owned();
            format!("finish of claim {}: {word}", epoch.0)
        }
        other => format!("{other:?}"),
    }
}
