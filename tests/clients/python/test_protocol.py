"""What holds for every request to Azure Resource Manager."""

from azure.core.rest import HttpRequest

from clients import SCOPE, sign_in
from simulator import (
    ADATUM,
    BUILDS,
    CONTOSO,
    ESTATE,
    FABRIKAM,
    GALLERIES,
    OFFICES,
    PRODUCTION,
    WORKS,
)
from story import Story

GROUP = "rg-images"


class Protocol(Story):
    def test_a_tenant_sees_its_own_subscriptions(self):
        for tenant, seen in (
            (CONTOSO, {GALLERIES, BUILDS, OFFICES}),
            (ADATUM, {PRODUCTION}),
            (FABRIKAM, {WORKS}),
        ):
            subscriptions = self.sign_in(tenant, GALLERIES).subscriptions
            listed = {one.subscription_id for one in subscriptions.subscriptions.list()}
            self.assertEqual(listed, seen)
            self.assertIn(tenant.id, [one.tenant_id for one in subscriptions.tenants.list()])
        locations = subscriptions.subscriptions.list_locations(WORKS)
        names = {one.name: one.display_name for one in locations}
        self.assertEqual(names["westeurope"], "West Europe")

    def test_a_group_comes_and_goes(self):
        groups = self.sign_in(CONTOSO, GALLERIES).groups.resource_groups
        self.assertFalse(groups.check_existence("rg-passing"))
        made = groups.create_or_update("rg-passing", {"location": "West Europe"})
        self.assertEqual(
            (made.location, made.properties.provisioning_state), ("westeurope", "Succeeded")
        )
        self.assertTrue(groups.check_existence("RG-Passing"))
        self.assertIn("rg-passing", [group.name for group in groups.list()])
        groups.begin_delete("rg-passing").result()
        with self.refused(404, "ResourceGroupNotFound", "'rg-passing' could not be found."):
            groups.get("rg-passing")

    def test_another_tenants_token(self):
        compute = self.sign_in(ADATUM, GALLERIES).compute
        text = f"The access token is from the wrong issuer 'https://sts.windows.net/{ADATUM.id}/'"
        with self.refused(401, "InvalidAuthenticationTokenTenant", text):
            compute.galleries.get(GROUP, "acg_released")

    def test_an_expired_token(self):
        contoso = self.sign_in(CONTOSO, GALLERIES)
        contoso.compute.galleries.get(GROUP, "acg_released")
        self.simulator.advance(2 * 3600)
        with self.refused(401, "ExpiredAuthenticationToken", "is earlier than current UTC time"):
            contoso.compute.galleries.get(GROUP, "acg_released")
        self.sign_in(CONTOSO, GALLERIES).compute.galleries.get(GROUP, "acg_released")

    def test_an_expired_auxiliary_token(self):
        token = sign_in(self.simulator, CONTOSO).get_token(SCOPE).token
        self.simulator.advance(2 * 3600)
        galleries = self.sign_in(ADATUM, PRODUCTION).compute.galleries
        self.assertEqual(list(galleries.list()), [])
        with self.refused(401, "ExpiredAuthenticationToken", "is earlier than current UTC time"):
            list(galleries.list(headers={"x-ms-authorization-auxiliary": f"Bearer {token}"}))

    def test_unknown_api_versions_are_told_the_known_ones(self):
        groups = self.sign_in(CONTOSO, GALLERIES).groups
        gallery = "resourceGroups/rg-images/providers/Microsoft.Compute/galleries/acg_released"
        for path, code, text in (
            (
                f"{gallery}?api-version=2017-01-01",
                "NoRegisteredProviderFound",
                "API version '2017-01-01' for type 'galleries'. The supported api-versions are '",
            ),
            (
                "resourceGroups/rg-images?api-version=2017-01-01",
                "InvalidApiVersionParameter",
                "The api-version '2017-01-01' is invalid. The supported versions are '",
            ),
            (
                gallery,
                "MissingApiVersionParameter",
                "The api-version query parameter (?api-version=) is required for all requests.",
            ),
        ):
            with self.subTest(path):
                request = HttpRequest("GET", f"{{endpoint}}/subscriptions/{GALLERIES}/{path}")
                answer = groups.send_request(request)
                error = answer.json()["error"]
                self.assertEqual((answer.status_code, error["code"]), (400, code))
                self.assertIn(text, error["message"])


class Throttled(Story):
    # Time stands still, and with it the buckets of requests, until it is moved.
    options = ("--estate", ESTATE, "--pace", "0")

    def test_too_many_requests_are_sent_again_when_azure_says(self):
        groups = self.sign_in(CONTOSO, GALLERIES).groups.resource_groups
        answers = []

        def note(response):
            answer = response.http_response
            answers.append(answer)
            if answer.status_code == 429:
                self.simulator.advance(10)

        for _ in range(251):
            groups.get(GROUP, raw_response_hook=note)
        statuses = [answer.status_code for answer in answers]
        self.assertEqual(statuses, [200] * 250 + [429, 200])
        left = "x-ms-ratelimit-remaining-subscription-reads"
        self.assertEqual([answer.headers[left] for answer in answers[:2]], ["249", "248"])
        refused = answers[250]
        self.assertEqual(refused.json()["error"]["code"], "SubscriptionRequestsThrottled")
        self.assertGreaterEqual(int(refused.headers["Retry-After"]), 1)
