// What the tests of both clients send, and where.

/** The FHIR base of the server under test. */
export function base() {
  const base = process.env.BRIGID_BASE;
  if (!base) {
    throw new Error(
      "BRIGID_BASE is not set: it is the FHIR base of a running server, such as " +
        "http://127.0.0.1:8080/fhir; `cargo xtask clients` starts one and sets it",
    );
  }
  return base;
}

export const SYSTEM = "http://clients.example.org/node";

/** A patient whom one test alone knows. */
export function patient(family) {
  return {
    resourceType: "Patient",
    active: true,
    gender: "female",
    birthDate: "1957-03-08",
    identifier: [{ system: SYSTEM, value: family }],
    name: [{ family, given: ["Ada", "Maria"] }],
  };
}

/** A result whose subject is this reference. */
export function observation(subject) {
  return {
    resourceType: "Observation",
    status: "final",
    code: { coding: [{ system: "http://loinc.org", code: "4548-4" }] },
    subject: { reference: subject },
    valueQuantity: { value: 7.1, unit: "%", system: "http://unitsofmeasure.org", code: "%" },
  };
}

/** A transaction that creates a patient and a result that refers to it. */
export function transaction(family) {
  const address = "urn:uuid:0c3a8b4e-6f6d-4b7f-9d6e-2a1d7c1f0e55";
  return {
    resourceType: "Bundle",
    type: "transaction",
    entry: [
      {
        fullUrl: address,
        resource: patient(family),
        request: { method: "POST", url: "Patient" },
      },
      { resource: observation(address), request: { method: "POST", url: "Observation" } },
    ],
  };
}

/** A batch that creates so many patients of one name. */
export function batch(family, count) {
  const one = { resource: patient(family), request: { method: "POST", url: "Patient" } };
  return { resourceType: "Bundle", type: "batch", entry: Array(count).fill(one) };
}

/** A resource that breaks three rules: an unknown element, a wrong type, a code of no value set. */
export function refused() {
  return { resourceType: "Patient", shoeSize: 42, active: "yes", gender: "f" };
}

/** Ids of the matches in a Bundle. */
export function matches(bundle) {
  const found = (bundle.entry ?? []).filter((entry) => entry.search?.mode === "match");
  return found.map(({ resource }) => resource.id);
}
