"use client";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { type FormEvent, type ReactNode, useState } from "react";
import { api, data, type Schema } from "@/api/client";
import { messageOf } from "@/api/errors";
import { keys } from "@/api/queries";
import { ModelField } from "@/features/providers/ModelField";
import styles from "@/features/providers/Providers.module.css";
import { useT } from "@/i18n";
import { Button } from "@/ui/Button";
import { Dialog } from "@/ui/Dialog";
import { Field, Fields, Input } from "@/ui/Field";
import { type JsonSchema, SchemaFields } from "@/ui/SchemaForm";
import { useToasts } from "@/ui/Toasts";

interface Props {
  provider?: Schema<"ProviderView">;
  onClose: () => void;
}

interface Draft {
  type: string;
  name: string;
  model: string;
  key: string;
  url: string;
  options: Record<string, unknown>;
}

const LOCAL = new Set(["builtin", "local"]);

/** Adds a provider, or changes one. A key that is left empty stays what it is. */
export function ProviderForm({ provider, onClose }: Props): ReactNode {
  const t = useT();
  const say = useToasts();
  const queries = useQueryClient();
  const types = useQuery({
    queryKey: ["meta", "provider-types"],
    queryFn: () => data(api.GET("/api/meta/provider-types")),
    staleTime: Number.POSITIVE_INFINITY,
  });
  const [draft, setDraft] = useState<Draft>({
    type: provider?.provider_type ?? "openai",
    name: provider?.name ?? "",
    model: provider?.model_name ?? "",
    key: "",
    url: provider?.base_url ?? "",
    options: provider?.options ?? {},
  });
  const change = (part: Partial<Draft>): void => setDraft({ ...draft, ...part });
  const save = useMutation({
    mutationFn: () => (provider ? patch(provider.id, draft) : create(draft)),
    onSuccess: async () => {
      await queries.invalidateQueries({ queryKey: keys.list("providers") });
      say.done(t("action.saved"));
      onClose();
    },
  });
  const chosen = types.data?.items.find((each) => each.name === draft.type);
  const options = optionsOf(chosen?.config_schema);
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    save.mutate();
  };
  return (
    <Dialog title={provider ? provider.name : t("providers.add")} onClose={onClose} wide>
      <form className={styles.form} onSubmit={submit}>
        {!provider && (
          <div className={styles.types} role="group" aria-label={t("providers.type")}>
            {types.data?.items
              .filter((each) => !LOCAL.has(each.name))
              .map((each) => (
                <button
                  key={each.name}
                  type="button"
                  className={styles.type}
                  aria-pressed={each.name === draft.type}
                  onClick={() => change({ type: each.name, options: {} })}
                >
                  {each.name}
                </button>
              ))}
          </div>
        )}
        {chosen?.description && <p className="muted">{chosen.description}</p>}
        <Fields>
          <Field label={t("providers.name")}>
            <Input required value={draft.name} onChange={(event) => change({ name: event.target.value })} />
          </Field>
          <Field label={t("providers.apiKey")} hint={provider?.api_key ? t("providers.keyKept", { key: provider.api_key }) : t("providers.keyHint")}>
            <Input type="password" autoComplete="off" value={draft.key} onChange={(event) => change({ key: event.target.value })} />
          </Field>
          <Field label={t("providers.url")} hint={t("providers.urlHint")}>
            <Input type="url" placeholder="https://" value={draft.url} onChange={(event) => change({ url: event.target.value })} />
          </Field>
          <ModelField providerId={provider?.id ?? null} value={draft.model} onChange={(model) => change({ model })} />
          {options && (
            <details className={styles.more}>
              <summary>{t("providers.options")}</summary>
              <Fields>
                <SchemaFields schema={options} values={draft.options} onChange={(next) => change({ options: next })} />
              </Fields>
            </details>
          )}
          {save.error && <p role="alert">{messageOf(save.error)}</p>}
          <div>
            <Button type="submit" kind="primary" busy={save.isPending} disabled={!draft.name.trim() || !draft.model.trim()}>
              {t("action.save")}
            </Button>
          </div>
        </Fields>
      </form>
    </Dialog>
  );
}

/** The part of a type's form that is its own: what is under `options`. */
function optionsOf(schema: JsonSchema | undefined): JsonSchema | null {
  const properties = schema?.properties as Record<string, JsonSchema> | undefined;
  const options = properties?.options;
  return options && Object.keys((options.properties as object | undefined) ?? {}).length > 0 ? options : null;
}

function create(draft: Draft): Promise<unknown> {
  const { key, model, name, options, type, url } = draft;
  const body = { name, provider_type: type, model_name: model, api_key: key || null, base_url: url || null, options };
  return data(api.POST("/api/providers", { body: body as never }));
}

function patch(id: string, draft: Draft): Promise<unknown> {
  const { key, model, name, options, url } = draft;
  const body = { name, model_name: model, base_url: url || null, options, ...(key ? { api_key: key } : {}) };
  return data(api.PATCH("/api/providers/{provider_id}", { params: { path: { provider_id: id } }, body: body as never }));
}
