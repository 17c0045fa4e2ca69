// The client fhir-kit-client drives a running server.

import assert from "node:assert/strict";
import test from "node:test";
import { CapabilityTool, Client } from "fhir-kit-client";
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

const client = () => new Client({ baseUrl: base() });

const resourceType = "Patient";

const create = (family) => client().create({ resourceType, body: patient(family) });

/** Checks that the client raises its error, and gives the outcome in it. */
async function check(request, status) {
  const error = await request.then(
    () => assert.fail(`no error, but ${status} was due`),
    (error) => error,
  );
  assert.equal(error.response?.status, status, error.message);
  assert.equal(error.response.data.resourceType, "OperationOutcome");
  return error.response.data;
}

test("the CapabilityStatement says what is supported", async () => {
  const tool = new CapabilityTool(await client().capabilityStatement());
  for (const code of ["read", "vread", "update", "delete", "create", "search-type"]) {
    assert.ok(tool.resourceCan(resourceType, code), code);
  }
  assert.ok(tool.resourceSearch(resourceType, "birthdate"));
});

test("what was created is read as it was", async () => {
  const created = await create("KitCreate");
  const read = await client().read({ resourceType, id: created.id });
  const { id, meta, ...rest } = read;
  assert.deepEqual(rest, patient("KitCreate"));
  assert.equal(id, created.id);
  assert.equal(meta.versionId, created.meta.versionId);
  const { response } = Client.httpFor(read);
  assert.equal(response.headers.get("etag"), `W/"${meta.versionId}"`);
});

test("an update makes a version and a stale one is refused", async () => {
  const created = await create("KitUpdate");
  const { id } = created;
  const options = { headers: { "If-Match": `W/"${created.meta.versionId}"` } };
  const body = { ...created, active: false };
  const updated = await client().update({ resourceType, id, body, options });
  assert.equal(updated.active, false);
  assert.notEqual(updated.meta.versionId, created.meta.versionId);
  await check(client().update({ resourceType, id, body, options }), 412);
});

test("a conditional update creates once and then updates", async () => {
  const searchParams = { identifier: `${SYSTEM}|KitConditional` };
  const body = patient("KitConditional");
  const created = await client().update({ resourceType, searchParams, body });
  const updated = await client().update({
    resourceType,
    searchParams,
    body: { ...body, active: false },
  });
  assert.equal(updated.id, created.id);
  assert.equal(updated.active, false);
});

test("a patch changes what it names", async () => {
  const { id } = await create("KitPatch");
  const jsonPatch = [
    { op: "replace", path: "/gender", value: "male" },
    { op: "remove", path: "/active" },
  ];
  await client().patch({ resourceType, id, jsonPatch });
  const read = await client().read({ resourceType, id });
  assert.equal(read.gender, "male");
  assert.equal(read.active, undefined);
});

test("a search finds by several parameters, by GET and by POST", async () => {
  const created = await create("KitSearch");
  const search = (birthdate, options) =>
    client().search({
      resourceType,
      searchParams: { identifier: `${SYSTEM}|KitSearch`, gender: "female", birthdate },
      options,
    });
  for (const options of [{}, { postSearch: true }]) {
    assert.deepEqual(matches(await search("lt1960", options)), [created.id]);
    assert.deepEqual(matches(await search("gt1960", options)), []);
  }
});

test("pages hold every match once", async () => {
  await client().batch({ body: batch("KitPages", 23) });
  const searchParams = { "family:exact": "KitPages", _count: 5 };
  let page = await client().search({ resourceType, searchParams });
  const found = [];
  let pages = 0;
  while (page) {
    pages += 1;
    found.push(...matches(page));
    page = await client().nextPage({ bundle: page });
  }
  assert.equal(pages, 5);
  assert.equal(found.length, 23);
  assert.equal(new Set(found).size, 23);
});

test("a transaction links what it creates, and a compartment holds it", async () => {
  const answer = await client().transaction({ body: transaction("KitTransaction") });
  assert.equal(answer.type, "transaction-response");
  const searchParams = { identifier: `${SYSTEM}|KitTransaction` };
  const [id] = matches(await client().search({ resourceType, searchParams }));
  const found = await client().search({
    resourceType: "Observation",
    compartment: { resourceType, id },
    searchParams: { code: "http://loinc.org|4548-4" },
  });
  assert.equal(matches(found).length, 1);
  const context = found.entry[0].resource;
  assert.equal(context.subject.reference, `Patient/${id}`);
  const subject = await client().resolve({ reference: context.subject.reference, context });
  assert.equal(subject.id, id);
});

test("a transaction that fails leaves nothing", async () => {
  const body = transaction("KitRolledBack");
  body.entry[1].resource = { ...observation("Patient/x"), status: "perhaps" };
  await check(client().transaction({ body }), 400);
  const searchParams = { "family:exact": "KitRolledBack" };
  assert.deepEqual(matches(await client().search({ resourceType, searchParams })), []);
});

test("the history tells of every version and of the deletion", async () => {
  const created = await create("KitHistory");
  const { id } = created;
  await client().update({ resourceType, id, body: { ...created, active: false } });
  await client().delete({ resourceType, id });
  const history = await client().history({ resourceType, id });
  assert.equal(history.type, "history");
  assert.deepEqual(
    history.entry.map(({ request }) => request.method),
    ["DELETE", "PUT", "POST"],
  );
  const version = created.meta.versionId;
  assert.equal((await client().vread({ resourceType, id, version })).active, true);
  assert.equal((await client().history({ resourceType })).type, "history");
  assert.equal((await client().history()).type, "history");
});

test("operations are invoked by GET and by POST", async () => {
  const { id } = await create("KitOperation");
  const get = (name) => client().operation({ name, resourceType, id, method: "GET" });
  const everything = await get("everything");
  assert.equal(everything.type, "searchset");
  assert.deepEqual(matches(everything), [id]);
  const summary = await get("$summary");
  assert.equal(summary.type, "document");
  const tag = { system: SYSTEM, code: "seen" };
  const input = {
    resourceType: "Parameters",
    parameter: [{ name: "meta", valueMeta: { tag: [tag] } }],
  };
  const meta = await client().operation({ name: "meta-add", resourceType, id, input });
  assert.deepEqual(meta.parameter[0].valueMeta.tag, [tag]);
});

test("a refused resource raises the client's error with every reason", async () => {
  const outcome = await check(client().create({ resourceType, body: refused() }), 400);
  const places = outcome.issue.flatMap(({ expression }) => expression ?? []);
  for (const place of ["Patient.shoeSize", "Patient.active", "Patient.gender"]) {
    assert.ok(places.includes(place), `${place} is not among ${places}`);
  }
});

test("what was deleted is gone", async () => {
  const { id } = await create("KitDelete");
  await client().delete({ resourceType, id });
  await check(client().read({ resourceType, id }), 410);
  assert.deepEqual(matches(await client().search({ resourceType, searchParams: { _id: id } })), []);
});
