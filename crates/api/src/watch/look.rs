//! A run that is looked at: twice a second in the store, and in between as its workers tell how far they are.

use std::collections::BTreeMap;
use std::time::Duration;

use futures_util::future::{Either, pending, select};
use futures_util::pin_mut;
use sha2::{Digest as _, Sha256};
use syncapp_control::{Listener, LiveProgress, Run, RunId, Task};

use crate::view::WholeRun;
use crate::{Api, Problem};

/// How often the store is looked at.
const EVERY: Duration = Duration::from_millis(500);
/// How long nothing is told after something was: who watches sees no more than that anyway.
const GAP: Duration = Duration::from_millis(100);

/// What a run is.
pub(super) struct Told {
    /// Its name for what it is now: the same in every process.
    pub(super) id: String,
    /// It, as `show_run` answers.
    pub(super) data: String,
    /// Whether it is over.
    pub(super) over: bool,
}

pub(super) struct Look {
    api: Api,
    run: RunId,
    /// What the store said last.
    known: (Run, Vec<Task>),
    /// When it is looked at next, in this process's monotonic time.
    due_at: Duration,
    /// From when on something may be told again.
    tell_at: Duration,
    /// What workers have told since, by task.
    live: BTreeMap<u32, LiveProgress>,
    listener: Option<Box<dyn Listener>>,
    told: WholeRun,
}

impl Look {
    /// Begins to look at a run, with what it is now; `None` where there is none.
    pub(super) async fn begin(api: &Api, run: RunId) -> Result<Option<(Self, Told)>, Problem> {
        // Before the store is looked at, so that nothing is told unheard between the two.
        let listener = api.cache.listen(&LiveProgress::topic(run)).await.ok();
        let Some(known) = look(api, run).await? else {
            return Ok(None);
        };
        let now = api.control.clock.monotonic();
        let told = WholeRun::of(known.0.clone(), known.1.clone());
        let first = written(&told);
        let look = Self {
            api: api.clone(),
            run,
            known,
            due_at: now + EVERY,
            tell_at: now + GAP,
            live: BTreeMap::new(),
            listener,
            told,
        };
        Ok(Some((look, first)))
    }

    /// What it has become; `None` where it is gone. Dropping the call loses nothing.
    pub(super) async fn next(&mut self) -> Option<Told> {
        loop {
            let now = self.now();
            let time = self.api.control.clock.monotonic();
            let has_changed = self.told != now;
            if has_changed && (time >= self.tell_at || now.run.state.is_final()) {
                self.tell_at = time + GAP;
                let told = written(&now);
                self.told = now;
                return Some(told);
            }
            let wake_at = if has_changed {
                self.tell_at.min(self.due_at)
            } else {
                self.due_at
            };
            if let Some(told) = self.hear(wake_at).await {
                self.live.insert(told.task(), told);
                continue;
            }
            if self.api.control.clock.monotonic() < self.due_at {
                continue;
            }
            // What the store does not say now it says later.
            let looked = look(&self.api, self.run).await;
            self.due_at = self.api.control.clock.monotonic() + EVERY;
            if let Ok(known) = looked {
                self.known = known?;
            }
        }
    }

    /// The run as it is known.
    fn now(&self) -> WholeRun {
        let (run, mut tasks) = self.known.clone();
        for task in &mut tasks {
            if let Some(live) = self.live.get(&task.id.number) {
                live.put_into(task);
            }
        }
        WholeRun::of(run, tasks)
    }

    /// What a worker tells next; `None` when it is that time.
    async fn hear(&mut self, wake_at: Duration) -> Option<LiveProgress> {
        let told = async {
            match &mut self.listener {
                Some(listener) => LiveProgress::from_bytes(&listener.next().await),
                None => pending().await,
            }
        };
        let clock = &self.api.control.clock;
        let time = clock.sleep(wake_at.saturating_sub(clock.monotonic()));
        pin_mut!(told);
        match select(told, time).await {
            Either::Left((told, _)) => told,
            Either::Right(_) => None,
        }
    }
}

fn written(run: &WholeRun) -> Told {
    let data = serde_json::to_string(run).unwrap_or_default();
    let hash = Sha256::digest(&data);
    Told {
        id: hex::encode(&hash[..8]),
        over: run.run.state.is_final(),
        data,
    }
}

/// What the store says of a run; `None` where it knows none.
async fn look(api: &Api, id: RunId) -> Result<Option<(Run, Vec<Task>)>, Problem> {
    let Some(run) = api.control.store.run(id).await? else {
        return Ok(None);
    };
    Ok(Some((run, api.control.store.tasks(id).await?)))
}
