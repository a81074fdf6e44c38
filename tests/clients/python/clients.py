"""Microsoft's packages, pointed at a simulator."""

from azure.identity import ClientSecretCredential
from azure.mgmt.authorization import AuthorizationManagementClient
from azure.mgmt.compute import ComputeManagementClient
from azure.mgmt.core.policies import AuxiliaryAuthenticationPolicy
from azure.mgmt.resource.deployments import DeploymentsMgmtClient
from azure.mgmt.resource.resources import ResourceManagementClient
from azure.mgmt.resource.subscriptions import SubscriptionClient
from azure.mgmt.resourcegraph import ResourceGraphClient

SCOPE = "https://management.azure.com/.default"


def sign_in(simulator, tenant, secret=None):
    """The application's credential in a tenant."""
    ready = simulator.ready
    return ClientSecretCredential(
        tenant.id,
        ready["client_id"],
        secret or ready["client_secret"],
        authority=ready["authority_tls"],
        disable_instance_discovery=True,
        connection_verify=ready["ca"],
    )


class Clients:
    """One client of each package, signed in to `tenant`, for one of its subscriptions.

    It is the application that signs in, unless there is a `credential`. Tokens of the tenants in
    `along` go with every request, as auxiliary ones.
    """

    def __init__(self, simulator, tenant, subscription, along=(), credential=None):
        address = simulator.ready["resource_manager_tls"]
        others = [sign_in(simulator, other) for other in along]
        self.credential = credential or sign_in(simulator, tenant)
        options = {
            "base_url": address,
            "credential_scopes": [SCOPE],
            "connection_verify": simulator.ready["ca"],
            "per_retry_policies": [AuxiliaryAuthenticationPolicy(others, SCOPE)] if others else [],
        }
        self.compute = ComputeManagementClient(self.credential, subscription, **options)
        self.groups = ResourceManagementClient(self.credential, subscription, **options)
        self.deployments = DeploymentsMgmtClient(self.credential, subscription, **options)
        self.roles = AuthorizationManagementClient(self.credential, subscription, **options)
        self.subscriptions = SubscriptionClient(self.credential, **options)
        self.graph = ResourceGraphClient(self.credential, **options)
