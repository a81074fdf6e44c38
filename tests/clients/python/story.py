"""What the stories have in common."""

import contextlib
import unittest

from azure.core.exceptions import HttpResponseError

from clients import Clients
from simulator import ESTATE, Simulator
from understanding import Understanding

UNDERSTANDING = Understanding()


class Story(unittest.TestCase):
    """Stories of one simulated Azure, where an hour passes in a second."""

    options = ("--estate", ESTATE, "--pace", "3600")

    @classmethod
    def setUpClass(cls):
        cls.simulator = Simulator(*cls.options)
        cls.addClassCleanup(cls.simulator.stop)

    def tearDown(self):
        self.assertEqual(UNDERSTANDING.misunderstood(), [])

    def sign_in(self, tenant, subscription, **more):
        """The packages, signed in to a tenant, for one of its subscriptions."""
        return Clients(self.simulator, tenant, subscription, **more)

    @contextlib.contextmanager
    def refused(self, status, code, text):
        """That what is done inside is refused, by Azure, like this."""
        with self.assertRaises(HttpResponseError) as caught:
            yield
        error = caught.exception
        self.assertEqual((error.status_code, error.error.code), (status, code), error.message)
        self.assertIn(text, error.error.message)
