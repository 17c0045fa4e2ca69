"""The client fhirpy drives a running server, whose FHIR base the variable BRIGID_BASE names."""

import os
import unittest
import uuid

from fhirpy import SyncFHIRClient
from fhirpy.base.exceptions import MultipleResourcesFound, OperationOutcome, ResourceNotFound

SYSTEM = "http://clients.example.org/fhirpy"


def client():
    """The server under test."""
    base = os.environ.get("BRIGID_BASE")
    if not base:
        raise RuntimeError(
            "BRIGID_BASE is not set: it is the FHIR base of a running server, such as "
            "http://127.0.0.1:8080/fhir; `cargo xtask clients` starts one and sets it"
        )
    return SyncFHIRClient(base)


def patient(family):
    """A patient whom one test alone knows."""
    return {
        "active": True,
        "gender": "female",
        "birthDate": "1957-03-08",
        "identifier": [{"system": SYSTEM, "value": family}],
        "name": [{"family": family, "given": ["Ada", "Maria"]}],
    }


def observation(subject, status="final"):
    """A result whose subject is this reference."""
    return {
        "resourceType": "Observation",
        "status": status,
        "code": {"coding": [{"system": "http://loinc.org", "code": "4548-4"}]},
        "subject": {"reference": subject},
        "valueQuantity": {"value": 7.1, "unit": "%"},
    }


def transaction(family, status="final"):
    """A patient, and a result that refers to it."""
    address = uuid.uuid4().urn
    person = {"resourceType": "Patient", **patient(family)}
    return {
        "resourceType": "Bundle",
        "type": "transaction",
        "entry": [
            {
                "fullUrl": address,
                "resource": person,
                "request": {"method": "POST", "url": "Patient"},
            },
            {
                "resource": observation(address, status),
                "request": {"method": "POST", "url": "Observation"},
            },
        ],
    }


class Fhirpy(unittest.TestCase):
    """Sentences of the specification, said through fhirpy."""

    def setUp(self):
        self.client = client()
        self.patients = self.client.resources("Patient")

    def create(self, family):
        return self.client.resource("Patient", **patient(family)).create()

    def test_what_was_created_is_read_as_it_was(self):
        created = self.create("PyCreate")
        read = self.client.get("Patient", created.id)
        self.assertEqual(read["meta"]["versionId"], created["meta"]["versionId"])
        for name, value in patient("PyCreate").items():
            self.assertEqual(read[name], value, name)

    def test_an_update_makes_a_version(self):
        created = self.create("PyUpdate")
        first = created["meta"]["versionId"]
        created["active"] = False
        created.update()
        self.assertNotEqual(created["meta"]["versionId"], first)
        self.assertIs(self.client.get("Patient", created.id)["active"], False)

    def test_a_conditional_update_creates_once_and_then_updates(self):
        query = self.patients.search(identifier=f"{SYSTEM}|PyConditional")
        resource = self.client.resource("Patient", **patient("PyConditional"))
        first, is_created = query.update(resource)
        self.assertTrue(is_created)
        second, is_created = query.update(resource)
        self.assertFalse(is_created)
        self.assertEqual(first.id, second.id)

    def test_several_matches_are_refused(self):
        for _ in range(2):
            self.create("PySeveral")
        query = self.patients.search(identifier=f"{SYSTEM}|PySeveral")
        with self.assertRaises(MultipleResourcesFound):
            query.update(self.client.resource("Patient", **patient("PySeveral")))

    def test_a_search_finds_by_several_parameters(self):
        created = self.create("PySearch")
        query = self.patients.search(identifier=f"{SYSTEM}|PySearch", gender="female")
        found = query.search(birthdate__lt="1960").fetch()
        self.assertEqual([resource.id for resource in found], [created.id])
        self.assertEqual(query.search(birthdate__gt="1960").fetch(), [])
        self.assertEqual(query.get().id, created.id)

    def test_an_included_resource_comes_with_its_match(self):
        created = self.create("PyInclude")
        self.client.resource("Observation", **observation(created.reference)).create()
        query = self.client.resources("Observation").search(subject=created.reference)
        bundle = query.include("Observation", "subject").fetch_raw()
        modes = {entry.resource.resourceType: entry.search.mode for entry in bundle.entry}
        self.assertEqual(modes, {"Observation": "match", "Patient": "include"})

    def test_pages_hold_every_match_once(self):
        entry = {
            "resource": {"resourceType": "Patient", **patient("PyPages")},
            "request": {"method": "POST", "url": "Patient"},
        }
        batch = {"resourceType": "Bundle", "type": "batch", "entry": [entry] * 23}
        self.client.execute("", data=batch)
        query = self.patients.search(family__exact="PyPages").limit(5)
        self.assertEqual(len(query.fetch()), 5)
        found = [resource.id for resource in query.fetch_all()]
        self.assertEqual(len(found), 23)
        self.assertEqual(len(set(found)), 23)

    def test_a_transaction_links_what_it_creates(self):
        answer = self.client.execute("", data=transaction("PyTransaction"))
        self.assertEqual(answer["type"], "transaction-response")
        created = self.patients.search(identifier=f"{SYSTEM}|PyTransaction").get()
        found = self.client.resources("Observation").search(subject=created.reference).get()
        self.assertEqual(found["subject"].to_resource().id, created.id)

    def test_a_transaction_that_fails_leaves_nothing(self):
        with self.assertRaises(OperationOutcome):
            self.client.execute("", data=transaction("PyRolledBack", status="perhaps"))
        self.assertIsNone(self.patients.search(identifier=f"{SYSTEM}|PyRolledBack").first())

    def test_the_history_tells_of_every_version_and_of_the_deletion(self):
        created = self.create("PyHistory")
        reference = created.reference
        created["active"] = False
        created.update()
        created.delete()
        history = self.client.execute(f"{reference}/_history", method="get")
        methods = [entry["request"]["method"] for entry in history["entry"]]
        self.assertEqual(methods, ["DELETE", "PUT", "POST"])

    def test_a_refused_resource_raises_its_outcome(self):
        refused = {"shoeSize": 42, "active": "yes", "gender": "f"}
        with self.assertRaises(OperationOutcome) as raised:
            self.client.resource("Patient", **refused).create()
        issues = raised.exception.resource["issue"]
        places = {place for issue in issues for place in issue.get("expression", [])}
        for place in ("Patient.shoeSize", "Patient.active", "Patient.gender"):
            self.assertIn(place, places)

    def test_an_unknown_search_parameter_raises_its_outcome(self):
        with self.assertRaises(OperationOutcome) as raised:
            self.patients.search(shoe_size=42).fetch()
        self.assertIn("shoe-size", str(raised.exception))

    def test_what_was_deleted_is_gone(self):
        created = self.create("PyDelete")
        created.delete()
        with self.assertRaises(ResourceNotFound):
            self.client.get("Patient", created.id)
        self.assertIsNone(self.patients.search(_id=created.id).first())


if __name__ == "__main__":
    unittest.main()
