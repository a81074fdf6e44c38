//! A client of an Azure that plans, and has its plans carried out by the engine in memory.

use std::sync::Arc;

use gallerist::actions::{Action, Plan, Site};
use gallerist::azure::Azure;
use gallerist::config::Config;
use gallerist::database::Database;
use gallerist::estate::{self, Loader, Store};
use tempfile::TempDir;

use crate::memory::{End, Engine, JobNumber};
use crate::support::Simulator;

/// Plans and carries out without the queue.
pub(crate) struct Second {
    config: Arc<Config>,
    client: Azure,
    loader: Loader,
    pub(crate) engine: Engine,
    _folder: TempDir,
}

impl Second {
    pub(crate) fn of(azure: &Simulator, interrupted: bool) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let config = Arc::new(Config::read(azure.config()).unwrap());
        let client = config.azure(folder.path().join("tokens.json")).unwrap();
        let file = folder.path().join("estate.sqlite");
        let store = Store::new(Database::open(&file, estate::SCHEMA).unwrap());
        Self {
            loader: Loader::new(client.clone(), config.clone(), store),
            engine: Engine::new(client.clone(), interrupted),
            client,
            config,
            _folder: folder,
        }
    }

    pub(crate) async fn plan(&self, action: &Action) -> Plan {
        self.loader.load_access().await.unwrap();
        let site = Site {
            azure: &self.client,
            config: &self.config,
            reach: &self.loader.reach().unwrap(),
            claimed: &[],
        };
        let action = action.clone().completed(&self.config);
        action.validate().unwrap();
        let plan = action.plan(&site).await.unwrap();
        let failed: Vec<_> = plan.failed_checks().collect();
        assert!(failed.is_empty() && !plan.is_empty(), "{failed:#?}");
        plan
    }

    /// Carries out jobs side by side; returns those that failed.
    pub(crate) async fn carry_out(&self, jobs: Vec<JobNumber>) -> Vec<JobNumber> {
        let running = jobs
            .into_iter()
            .map(|job| async move { (job, self.engine.carry_out(job).await) });
        let ended = futures::future::join_all(running).await;
        let failed = ended.into_iter().filter(|(_, end)| match end {
            End::Done => false,
            End::Failed(_) => true,
            End::Cancelled => unreachable!(),
        });
        failed.map(|(job, _)| job).collect()
    }
}
