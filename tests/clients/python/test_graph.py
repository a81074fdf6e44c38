"""One question over all subscriptions: Azure Resource Graph."""

from azure.mgmt.resourcegraph.models import QueryRequest, QueryRequestOptions

import images
from simulator import ADATUM, BUILDS, CONTOSO, GALLERIES, PRODUCTION
from story import Story

VERSIONS = (
    "resources"
    " | where type =~ 'microsoft.compute/galleries/images/versions'"
    " | project id, name, location"
    " | order by name asc"
)


class Graph(Story):
    def setUp(self):
        self.contoso = self.sign_in(CONTOSO, GALLERIES)

    def ask(self, query, clients=None, subscriptions=(GALLERIES, BUILDS), **options):
        request = QueryRequest(
            subscriptions=list(subscriptions),
            query=query,
            options=QueryRequestOptions(**options),
        )
        return (clients or self.contoso).graph.resources(request)

    def test_versions_wherever_they_are(self):
        answer = self.ask(VERSIONS)
        self.assertEqual((answer.count, answer.total_records), (4, 4))
        self.assertEqual(
            [row["name"] for row in answer.data], ["1.0.0", "1.1.0", "1.10.0", "1.2.0"]
        )
        self.assertEqual({row["location"] for row in answer.data}, {"westeurope"})
        self.assertEqual(answer.result_truncated, "false")
        self.assertIsNone(answer.skip_token)

    def test_a_page_leads_to_the_next(self):
        names, token, pages = [], None, 0
        while pages == 0 or token:
            answer = self.ask(VERSIONS, top=3, skip_token=token)
            self.assertEqual(answer.total_records, 4)
            names += [row["name"] for row in answer.data]
            token, pages = answer.skip_token, pages + 1
        self.assertEqual((names, pages), (["1.0.0", "1.1.0", "1.10.0", "1.2.0"], 2))

    def test_who_may_not_read_finds_nothing(self):
        adatum = self.sign_in(ADATUM, PRODUCTION)
        answer = self.ask(VERSIONS, adatum, [PRODUCTION])
        self.assertEqual((answer.count, answer.data), (0, []))

    def test_it_hears_of_changes_later(self):
        galleries = "resources | where type =~ 'microsoft.compute/galleries' | project name"
        images.define(self.contoso.compute, "rg-images", "acg_new")
        self.simulator.advance(600)
        names = {row["name"] for row in self.ask(galleries).data}
        self.assertEqual(names, {"acg_released", "acg_builds", "acg_new"})

    def test_a_question_that_is_none(self):
        with self.refused(400, "BadRequest", "Please provide below info when asking for support"):
            self.ask("resources | where")
