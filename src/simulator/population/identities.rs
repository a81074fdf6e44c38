//! Who can sign in, as the authority knows them.

use crate::simulator::authority::{
    Account, Application, Directory, Federated, ManagedIdentity, User,
};
use crate::simulator::estate_file::{self, EstateFile, Guid};

pub(super) fn introduce(directory: &mut Directory, file: &EstateFile) {
    directory.application = application(&file.application);
    let subscriptions = file.tenants.iter().flat_map(|one| &one.subscriptions);
    let guarded = subscriptions.filter(|one| one.writes_need_mfa);
    directory.guarded = guarded.map(|one| text(&one.id)).collect();
    directory.users = file.users.iter().map(user).collect();
    let machines = file.managed_identities.iter();
    let machines = machines.map(|one| ManagedIdentity {
        tenant: text(&one.tenant),
        client_id: text(&one.client_id),
        object_id: text(&one.id),
    });
    directory.managed_identities = machines.collect();
}

fn application(file: &estate_file::Application) -> Application {
    let federated = file.federated.iter().map(|one| Federated {
        issuer: one.issuer.clone(),
        subject: one.subject.clone(),
        audience: one.audience.clone(),
    });
    Application {
        client_id: text(&file.client_id),
        certificate: file.certificate.as_ref().map(|one| one.pem.clone()),
        federated: federated.collect(),
    }
}

fn user(file: &estate_file::User) -> User {
    let account = |one: &estate_file::Account| Account {
        tenant: text(&one.tenant),
        object_id: text(&one.id),
        groups: one.groups.iter().map(text).collect(),
        sign_in: one.sign_in.clone(),
    };
    User {
        name: file.name.get_ref().clone(),
        home: text(&file.home),
        second_factor: file.second_factor,
        accounts: file.accounts.iter().map(account).collect(),
    }
}

fn text(id: &Guid) -> String {
    id.as_str().to_owned()
}
