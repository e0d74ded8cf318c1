"use client";
import type { ReactNode } from "react";
import { isObject } from "@/api/errors";
import { CodeField } from "@/features/workflows/fields/CodeField";
import { ListField } from "@/features/workflows/fields/ListField";
import { MapField } from "@/features/workflows/fields/MapField";
import { TemplateField } from "@/features/workflows/fields/TemplateField";
import { useKnownNames } from "@/features/workflows/fields/useKnownNames";
import { EXPRESSIONS } from "@/features/workflows/model/rename";
import { Field, Input } from "@/ui/Field";
import { type JsonSchema, SchemaFields, worded } from "@/ui/SchemaForm";

interface Props {
  type: string;
  schema: JsonSchema;
  config: Readonly<Record<string, unknown>>;
  problems: Readonly<Record<string, string>>;
  onChange: (field: string, value: unknown) => void;
}

/** The fields of a node's configuration, each in the control that suits it. */
export function NodeFields({ type, schema, config, problems, onChange }: Props): ReactNode {
  const properties = isObject(schema.properties) ? (schema.properties as Record<string, JsonSchema>) : {};
  const required = new Set(Array.isArray(schema.required) ? schema.required.map(String) : []);
  return Object.entries(properties).map(([name, property]) => (
    <NodeField
      key={name}
      type={type}
      name={name}
      needed={required.has(name)}
      schema={schema}
      property={property}
      value={config[name]}
      problem={problems[name] ?? null}
      onChange={(value) => onChange(name, value)}
    />
  ));
}

interface FieldProps {
  type: string;
  name: string;
  needed: boolean;
  schema: JsonSchema;
  property: JsonSchema;
  value: unknown;
  problem: string | null;
  onChange: (value: unknown) => void;
}

const NAMED: Readonly<Record<string, string>> = { provider: "providers", agent: "agents", workflow: "workflows", tool: "tools", datasource: "datasources" };

function NodeField({ type, name, needed, schema, property, value, problem, onChange }: FieldProps): ReactNode {
  const known = useKnownNames(NAMED[name] ?? (name === "datasources" ? name : null));
  const label = worded(name) + (needed ? " *" : "");
  const hint = typeof property.description === "string" ? property.description : undefined;
  const shared = { label, hint, error: problem };
  const bare = EXPRESSIONS.has(name);
  const put = (text: string): void => onChange(text === "" && !needed ? undefined : text);
  if (name === "code" && type === "code") return <CodeField {...shared} value={String(value ?? "")} onChange={put} />;
  if (NAMED[name] && (value === undefined || typeof value === "string")) {
    return (
      <Field {...shared}>
        <Suggesting name={name} value={value ?? ""} known={known} onChange={put} />
      </Field>
    );
  }
  if (isTextList(property, value)) return <ListField {...shared} known={known} values={(value as string[] | undefined) ?? []} onChange={(next) => onChange(next.length > 0 || needed ? next : undefined)} />;
  if (isMap(property, value)) {
    return <MapField {...shared} bare={bare} values={(value as Record<string, unknown> | undefined) ?? {}} onChange={(next) => onChange(Object.keys(next).length > 0 || needed ? next : undefined)} />;
  }
  if (isText(property, value, bare)) return <TemplateField {...shared} bare={bare} value={String(value ?? property.default ?? "")} onChange={put} />;
  const one = { ...schema, properties: { [name]: property }, required: needed ? [name] : [] };
  return <SchemaFields schema={one} values={{ [name]: value ?? property.default ?? undefined }} problems={problem ? { [name]: problem } : {}} onChange={(values) => onChange(values[name])} />;
}

interface SuggestingProps {
  id?: string;
  name: string;
  value: string;
  known: readonly string[];
  onChange: (value: string) => void;
}

function Suggesting({ name, known, value, onChange, ...rest }: SuggestingProps): ReactNode {
  return (
    <>
      <Input {...rest} list={`names-${name}`} value={value} onChange={(event) => onChange(event.target.value)} />
      <datalist id={`names-${name}`}>
        {known.map((each) => (
          <option key={each} value={each} />
        ))}
      </datalist>
    </>
  );
}

function choices(property: JsonSchema): JsonSchema[] {
  return Array.isArray(property.anyOf) ? (property.anyOf as JsonSchema[]) : [property];
}

function isTextList(property: JsonSchema, value: unknown): boolean {
  if (value !== undefined && !(Array.isArray(value) && value.every((each) => typeof each === "string"))) return false;
  return choices(property).some((each) => each.type === "array" && isObject(each.items) && each.items.type === "string") && (Array.isArray(value) || property.type === "array");
}

/** Values by name, which are not a JSON Schema. */
function isMap(property: JsonSchema, value: unknown): boolean {
  if (value !== undefined && !isObject(value)) return false;
  const isSchema = String(property.description ?? "").includes("JSON Schema");
  return !isSchema && (isObject(value) || property.type === "object") && choices(property).some((each) => each.type === "object");
}

function isText(property: JsonSchema, value: unknown, bare: boolean): boolean {
  if (value !== undefined && value !== null && typeof value !== "string") return false;
  if (choices(property).some((each) => Array.isArray(each.enum))) return false;
  const told = String(property.description ?? "");
  return bare || choices(property).some((each) => each.type === "string") || (typeof value === "string" && /expression/.test(told));
}
