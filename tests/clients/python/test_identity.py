"""People and applications sign in with Microsoft's identity package."""

import tomllib
import uuid
from pathlib import Path

from azure.core.exceptions import ClientAuthenticationError
from azure.identity import (
    AuthenticationRequiredError,
    CertificateCredential,
    DeviceCodeCredential,
)
from azure.mgmt.authorization.models import RoleAssignmentCreateParameters

from clients import SCOPE, sign_in
from simulator import ADATUM, CONTOSO, FABRIKAM, PRODUCTION, VAULT
from story import Story
from test_sharing import IMAGE_READER

OWNER = "owner@contoso.example"


class Identity(Story):
    def by_device_code(self, tenant, **what):
        """Someone's credential, who does this with the code elsewhere."""

        def elsewhere(_address, user_code, _expires):
            self.simulator.control("POST", "device_codes", {"user_code": user_code, **what})

        return DeviceCodeCredential(
            client_id=self.simulator.ready["client_id"],
            tenant_id=tenant.id,
            additionally_allowed_tenants=["*"],
            disable_automatic_authentication=True,
            prompt_callback=elsewhere,
            authority=self.simulator.ready["authority_tls"],
            disable_instance_discovery=True,
            connection_verify=self.simulator.ready["ca"],
        )

    def test_an_owner_grants_a_role_and_the_application_reads(self):
        application = self.sign_in(CONTOSO, VAULT).compute
        images = application.gallery_images
        with self.refused(403, "AuthorizationFailed", "Microsoft.Compute/galleries/images/read"):
            images.get("rg-vault", "acg_vault", "win11")

        person = self.by_device_code(CONTOSO, user=OWNER)
        person.authenticate(scopes=[SCOPE])
        owner = self.sign_in(CONTOSO, VAULT, credential=person)
        gallery = owner.compute.galleries.get("rg-vault", "acg_vault")
        definition = (
            f"/subscriptions/{VAULT}/providers/Microsoft.Authorization"
            f"/roleDefinitions/{IMAGE_READER}"
        )
        assignment = RoleAssignmentCreateParameters(
            role_definition_id=definition,
            principal_id=CONTOSO.principal,
            principal_type="ServicePrincipal",
        )
        owner.roles.role_assignments.create(gallery.id, str(uuid.uuid4()), assignment)
        role = owner.roles.role_definitions.get_by_id(definition)
        self.assertEqual(role.role_name, "Compute Gallery Image Reader")

        # A role takes some minutes to work.
        self.simulator.advance(600)
        self.assertEqual(images.get("rg-vault", "acg_vault", "win11").os_type, "Windows")
        listed = application.gallery_image_versions.list_by_gallery_image(
            "rg-vault", "acg_vault", "win11"
        )
        self.assertEqual([one.name for one in listed], ["1.0.0"])
        with self.refused(403, "AuthorizationFailed", "Microsoft.Compute/galleries/images/write"):
            definition = images.get("rg-vault", "acg_vault", "win11")
            images.begin_create_or_update("rg-vault", "acg_vault", "win11", definition)

    def test_a_tenant_may_want_a_second_factor_of_its_own(self):
        self.simulator.control("POST", "tenants", {"tenant": ADATUM.id, "mfa": True})
        credential = self.by_device_code(CONTOSO, user=OWNER)
        credential.authenticate(scopes=[SCOPE])
        credential.get_token(SCOPE)
        # What was enough at home is not enough there.
        with self.assertRaises(AuthenticationRequiredError) as caught:
            credential.get_token(SCOPE, tenant_id=ADATUM.id)
        self.assertIn("AADSTS50076", str(caught.exception.__cause__ or caught.exception))
        there = self.by_device_code(ADATUM, user=OWNER, mfa=True)
        there.authenticate(scopes=[SCOPE])
        adatum = self.sign_in(ADATUM, PRODUCTION, credential=there)
        listed = adatum.subscriptions.tenants.list()
        self.assertIn(ADATUM.id, [tenant.tenant_id for tenant in listed])

    def test_a_code_may_be_declined(self):
        with self.assertRaisesRegex(ClientAuthenticationError, "declined"):
            self.by_device_code(CONTOSO, decline=True).authenticate(scopes=[SCOPE])

    def test_a_refused_sign_in(self):
        with self.assertRaisesRegex(ClientAuthenticationError, "AADSTS7000215"):
            sign_in(self.simulator, CONTOSO, secret="guessed").get_token(SCOPE)
        fabrikam = {"client_id": self.simulator.ready["client_id"], "tenant": FABRIKAM.id}
        blocked = {**fabrikam, "sign_in": "AADSTS53003"}
        self.simulator.control("POST", "principals", blocked)
        with self.assertRaisesRegex(ClientAuthenticationError, "AADSTS53003"):
            sign_in(self.simulator, FABRIKAM).get_token(SCOPE)
        self.simulator.control("POST", "principals", {**fabrikam, "sign_in": None})
        sign_in(self.simulator, FABRIKAM).get_token(SCOPE)

    def test_a_revoked_token_is_asked_for_anew(self):
        galleries = self.sign_in(ADATUM, PRODUCTION).compute.galleries
        self.assertEqual(list(galleries.list()), [])
        revoked = {"client_id": self.simulator.ready["client_id"], "tenant": ADATUM.id}
        self.simulator.control("POST", "revocations", revoked)
        # The package answers the challenge by itself.
        self.assertEqual(list(galleries.list()), [])
        asked = [r for r in self.simulator.requests() if r["path"].endswith("/galleries")]
        self.assertEqual([r["status"] for r in asked][-3:], [200, 401, 200])


class Certificate(Story):
    options = ("--pace", "3600")

    def test_a_certificate_signs_the_application_in(self):
        ready = self.simulator.ready
        config = tomllib.loads(Path(ready["configs"]["client_certificate"]).read_text())
        (identity,) = config["identity"]
        credential = CertificateCredential(
            identity["tenant"],
            identity["client_id"],
            identity["client_certificate_file"],
            authority=ready["authority_tls"],
            disable_instance_discovery=True,
            connection_verify=ready["ca"],
        )
        credential.get_token(SCOPE)
