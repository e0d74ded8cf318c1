import { api, data, type Schema } from "@/api/client";

/** A flow with its newest document. */
export async function flowOf(id: string): Promise<Schema<"WorkflowView">> {
  // These routes answer YAML too, so that the type has text in it; without an Accept of its own a call gets JSON.
  return (await data(api.GET("/api/workflows/{workflow_id}", { params: { path: { workflow_id: id } } }))) as Schema<"WorkflowView">;
}

/** One version of a flow. */
export async function versionOf(id: string, number: number): Promise<Schema<"VersionView">> {
  const params = { path: { workflow_id: id, number: String(number) } };
  return (await data(api.GET("/api/workflows/{workflow_id}/versions/{number}", { params }))) as Schema<"VersionView">;
}
