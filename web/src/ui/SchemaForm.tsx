"use client";
import { type FormEvent, type ReactNode, useState } from "react";
import { isObject } from "@/api/errors";
import { useT } from "@/i18n";
import { Button } from "@/ui/Button";
import { Check, Field, Fields, Input, Select, TextArea } from "@/ui/Field";

export type JsonSchema = Record<string, unknown>;
type Values = Record<string, unknown>;

interface FormProps {
  schema: JsonSchema;
  submit: string;
  busy?: boolean;
  initial?: Values;
  onSubmit: (values: Values) => void;
}

/** A form made from a JSON Schema of type object; it hands out what was filled in. */
export function SchemaForm({ schema, submit, busy, initial = {}, onSubmit }: FormProps): ReactNode {
  const [values, setValues] = useState<Values>(() => withDefaults(schema, initial));
  const [problems, setProblems] = useState<Record<string, string>>({});
  const t = useT();
  const send = (event: FormEvent): void => {
    event.preventDefault();
    const missing = required(schema).filter((name) => values[name] === undefined || values[name] === "");
    setProblems(Object.fromEntries(missing.map((name) => [name, t("form.required")])));
    if (missing.length === 0) onSubmit(values);
  };
  return (
    <form onSubmit={send} noValidate>
      <Fields>
        <SchemaFields schema={schema} values={values} problems={problems} onChange={setValues} />
        <div>
          <Button type="submit" kind="primary" busy={busy}>
            {submit}
          </Button>
        </div>
      </Fields>
    </form>
  );
}

interface FieldsProps {
  schema: JsonSchema;
  values: Values;
  problems?: Readonly<Record<string, string>>;
  /** Fields that are drawn elsewhere. */
  without?: readonly string[];
  onChange: (values: Values) => void;
}

/** The fields of a schema's properties, for a form of one's own. */
export function SchemaFields({ schema, values, problems = {}, without = [], onChange }: FieldsProps): ReactNode {
  const needed = new Set(required(schema));
  return Object.entries(properties(schema))
    .filter(([name]) => !without.includes(name))
    .map(([name, property]) => (
      <SchemaField
        key={name}
        name={name}
        schema={resolved(property, schema)}
        value={values[name]}
        needed={needed.has(name)}
        problem={problems[name] ?? null}
        onChange={(value) => {
          const { [name]: _, ...rest } = values;
          onChange(value === undefined ? rest : { ...rest, [name]: value });
        }}
      />
    ));
}

interface OneProps {
  name: string;
  schema: JsonSchema;
  value: unknown;
  needed: boolean;
  problem: string | null;
  onChange: (value: unknown) => void;
}

const LONG = 300;

function SchemaField({ name, schema, value, needed, problem, onChange }: OneProps): ReactNode {
  const label = (typeof schema.title === "string" ? schema.title : worded(name)) + (needed ? " *" : "");
  const hint = typeof schema.description === "string" ? schema.description : undefined;
  const choices = Array.isArray(schema.enum) ? schema.enum : null;
  if (schema.type === "boolean") {
    return <Check label={hint ? `${label}: ${hint}` : label} checked={value === true} onChange={(event) => onChange(event.target.checked)} />;
  }
  if (choices) {
    return (
      <Field label={label} hint={hint} error={problem}>
        <Select value={String(value ?? "")} onChange={(event) => onChange(choices.find((each) => String(each) === event.target.value))}>
          <option value="" />
          {choices.map((choice) => (
            <option key={String(choice)}>{String(choice)}</option>
          ))}
        </Select>
      </Field>
    );
  }
  if (schema.type === "integer" || schema.type === "number") {
    const take = (text: string): void => onChange(text === "" ? undefined : Number(text));
    return (
      <Field label={label} hint={hint} error={problem}>
        <Input
          type="number"
          step={schema.type === "integer" ? 1 : "any"}
          value={typeof value === "number" ? value : ""}
          onChange={(event) => take(event.target.value)}
        />
      </Field>
    );
  }
  if (schema.type === "string") {
    const long = typeof schema.maxLength === "number" ? schema.maxLength > LONG : schema.format === "textarea";
    const Control = long ? TextArea : Input;
    return (
      <Field label={label} hint={hint} error={problem}>
        <Control value={String(value ?? "")} onChange={(event) => onChange(event.target.value === "" ? undefined : event.target.value)} />
      </Field>
    );
  }
  return <JsonField label={label} hint={hint} problem={problem} value={value} onChange={onChange} />;
}

interface JsonProps {
  label: string;
  hint: string | undefined;
  problem: string | null;
  value: unknown;
  onChange: (value: unknown) => void;
}

/** Anything else is written as JSON; what cannot be read is kept until it can. */
function JsonField({ label, hint, problem, value, onChange }: JsonProps): ReactNode {
  const t = useT();
  const [text, setText] = useState(() => (value === undefined ? "" : JSON.stringify(value, null, 2)));
  const [wrong, setWrong] = useState(false);
  const take = (typed: string): void => {
    setText(typed);
    try {
      onChange(typed.trim() === "" ? undefined : JSON.parse(typed));
      setWrong(false);
    } catch {
      setWrong(true);
    }
  };
  return (
    <Field label={label} hint={hint} error={wrong ? t("form.json") : problem}>
      <TextArea className="mono" spellCheck={false} value={text} onChange={(event) => take(event.target.value)} />
    </Field>
  );
}

function properties(schema: JsonSchema): Record<string, JsonSchema> {
  return isObject(schema.properties) ? (schema.properties as Record<string, JsonSchema>) : {};
}

function required(schema: JsonSchema): string[] {
  return Array.isArray(schema.required) ? schema.required.map(String) : [];
}

/** A property without `$ref`, and without the null that says that it may be left out. */
function resolved(property: JsonSchema, root: JsonSchema): JsonSchema {
  const choices = Array.isArray(property.anyOf) ? (property.anyOf as JsonSchema[]) : null;
  const chosen = choices?.find((each) => each.type !== "null");
  const own = choices && choices.length <= 2 && chosen ? { ...chosen, ...property, anyOf: undefined } : property;
  const name = typeof own.$ref === "string" ? own.$ref.replace("#/$defs/", "") : null;
  const definitions = isObject(root.$defs) ? (root.$defs as Record<string, JsonSchema>) : {};
  return name ? { ...definitions[name], ...own } : own;
}

function withDefaults(schema: JsonSchema, initial: Values): Values {
  const given = Object.entries(properties(schema)).filter(([, property]) => property.default !== undefined);
  return { ...Object.fromEntries(given.map(([name, property]) => [name, property.default])), ...initial };
}

/** `max_tokens` as words: “Max tokens”. */
export function worded(name: string): string {
  const words = name.replaceAll("_", " ");
  return words.charAt(0).toUpperCase() + words.slice(1);
}
