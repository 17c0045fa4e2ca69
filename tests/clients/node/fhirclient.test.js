// The SMART client fhirclient drives a running server.

import assert from "node:assert/strict";
import test from "node:test";
import fhirclient from "fhirclient";
import {
  base,
  batch,
  matches,
  observation,
  patient,
  refused,
  SYSTEM,
  transaction,
} from "./samples.js";

const client = () => new fhirclient.FhirClient(base());

const json = (method, resource) => ({
  method,
  body: JSON.stringify(resource),
  headers: { "content-type": "application/fhir+json" },
});

/** Checks that the client raises its error, and gives it. */
async function check(request, status) {
  const error = await request.then(
    () => assert.fail(`no error, but ${status} was due`),
    (error) => error,
  );
  assert.equal(error.status, status, error.message);
  return error;
}

test("the release is read from the CapabilityStatement", async () => {
  assert.equal(await client().getFhirVersion(), "4.0.1");
  assert.equal(await client().getFhirRelease(), 4);
});

test("what was created is read as it was", async () => {
  const sent = patient("SmartCreate");
  const created = await client().create(sent);
  const read = await client().fhirRequest(`Patient/${created.id}`);
  const { id, meta, ...rest } = read;
  assert.deepEqual(rest, sent);
  assert.equal(id, created.id);
  assert.equal(meta.versionId, created.meta.versionId);
});

test("an update makes a version", async () => {
  const created = await client().create(patient("SmartUpdate"));
  const updated = await client().update({ ...created, active: false });
  assert.notEqual(updated.meta.versionId, created.meta.versionId);
  const read = await client().fhirRequest(`Patient/${created.id}`);
  assert.equal(read.active, false);
});

test("a patch changes what it names", async () => {
  const created = await client().create(patient("SmartPatch"));
  await client().patch(`Patient/${created.id}`, [
    { op: "replace", path: "/gender", value: "male" },
    { op: "remove", path: "/active" },
  ]);
  const read = await client().fhirRequest(`Patient/${created.id}`);
  assert.equal(read.gender, "male");
  assert.equal(read.active, undefined);
});

test("a search finds by several parameters", async () => {
  const created = await client().create(patient("SmartSearch"));
  const query = `Patient?identifier=${SYSTEM}|SmartSearch&gender=female`;
  assert.deepEqual(matches(await client().fhirRequest(`${query}&birthdate=lt1960`)), [created.id]);
  assert.deepEqual(matches(await client().fhirRequest(`${query}&birthdate=gt1960`)), []);
});

test("pages hold every match once", async () => {
  await client().fhirRequest("", json("POST", batch("SmartPages", 23)));
  const found = [];
  let pages = 0;
  for await (const page of client().pages("Patient?family:exact=SmartPages&_count=5")) {
    pages += 1;
    found.push(...matches(page));
  }
  assert.equal(pages, 5);
  assert.equal(found.length, 23);
  assert.equal(new Set(found).size, 23);
});

test("resources are streamed over all pages", async () => {
  await client().fhirRequest("", json("POST", batch("SmartStream", 12)));
  const found = new Set();
  for await (const resource of client().resources("Patient?family:exact=SmartStream&_count=5")) {
    found.add(resource.id);
  }
  assert.equal(found.size, 12);
});

test("a transaction links what it creates, and references resolve", async () => {
  const answer = await client().fhirRequest("", json("POST", transaction("SmartTransaction")));
  assert.equal(answer.type, "transaction-response");
  assert.deepEqual(
    answer.entry.map(({ response }) => response.status.slice(0, 3)),
    ["201", "201"],
  );
  const [, location] = answer.entry.map(({ response }) => response.location);
  const created = await client().fhirRequest(location.replace(/\/_history\/.*/, ""));
  await client().resolveReferences(created, ["subject"]);
  assert.equal(created.subject.resourceType, "Patient");
  assert.equal(created.subject.name[0].family, "SmartTransaction");
});

test("a transaction that fails leaves nothing", async () => {
  const bundle = transaction("SmartRolledBack");
  bundle.entry[1].resource = { ...observation("Patient/x"), status: "perhaps" };
  await check(client().fhirRequest("", json("POST", bundle)), 400);
  const found = await client().fhirRequest("Patient?family:exact=SmartRolledBack");
  assert.deepEqual(matches(found), []);
});

test("the history tells of every version and of the deletion", async () => {
  const created = await client().create(patient("SmartHistory"));
  await client().update({ ...created, active: false });
  await client().delete(`Patient/${created.id}`);
  const history = await client().fhirRequest(`Patient/${created.id}/_history`);
  assert.equal(history.type, "history");
  assert.deepEqual(
    history.entry.map(({ request }) => request.method),
    ["DELETE", "PUT", "POST"],
  );
  assert.deepEqual(
    history.entry.map(({ resource }) => resource?.active),
    [undefined, false, true],
  );
  const old = await client().fhirRequest(
    `Patient/${created.id}/_history/${created.meta.versionId}`,
  );
  assert.equal(old.active, true);
});

test("a refused resource raises the client's error with every reason", async () => {
  const error = await check(client().create(refused()), 400);
  for (const word of ["shoeSize", "active", "gender"]) {
    assert.ok(error.message.includes(word), `${word} is not in: ${error.message}`);
  }
});

test("what was deleted is gone", async () => {
  const created = await client().create(patient("SmartDelete"));
  await client().delete(`Patient/${created.id}`);
  await check(client().fhirRequest(`Patient/${created.id}`), 410);
  assert.deepEqual(matches(await client().fhirRequest(`Patient?_id=${created.id}`)), []);
});
