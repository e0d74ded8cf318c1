"use client";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { type FormEvent, type ReactNode, useState } from "react";
import { api, data, type Schema } from "@/api/client";
import { messageOf } from "@/api/errors";
import { keys, usePages } from "@/api/queries";
import styles from "@/features/settings/Settings.module.css";
import { useT } from "@/i18n";
import { Button, IconButton } from "@/ui/Button";
import { CopyButton } from "@/ui/CopyButton";
import { Dialog } from "@/ui/Dialog";
import { Field, Fields, Input, Select } from "@/ui/Field";
import { Listing } from "@/ui/Listing";
import { Empty, Section } from "@/ui/Page";
import { Removal } from "@/ui/Removal";
import type { Column } from "@/ui/Table";
import { useTimes } from "@/ui/time";

type ApiKey = Schema<"ApiKeyView">;

const SCOPES = {
  all: [],
  chat: ["agents:read", "chat:write", "conversations:read"],
  read: ["agents:read", "conversations:read", "datasources:read", "runs:read", "workflows:read"],
} as const;
type Reach = keyof typeof SCOPES;

/** Keys with which programs come in. */
export function ApiKeys(): ReactNode {
  const t = useT();
  const times = useTimes();
  const [making, setMaking] = useState(false);
  const [leaving, setLeaving] = useState<ApiKey | null>(null);
  const found = usePages<ApiKey>(keys.list("api-keys"), (cursor) =>
    data(api.GET("/api/auth/api-keys", { params: { query: { limit: 50, cursor } } })),
  );
  const columns: Column<ApiKey>[] = [
    { key: "name", title: t("settings.key.name"), cell: (key) => key.name },
    { key: "prefix", title: t("settings.key.prefix"), cell: (key) => <code>{key.prefix}…</code> },
    { key: "scopes", title: t("settings.key.scopes"), cell: (key) => key.scopes.join(", ") || t("settings.key.all"), wide: true },
    { key: "used", title: t("settings.key.used"), cell: (key) => (key.last_used_at ? times.ago(key.last_used_at) : t("settings.key.never")), wide: true },
    {
      key: "act",
      title: t("nav.more"),
      cell: (key) => <IconButton small icon="trash" label={t("settings.key.revoke", { name: key.name })} onClick={() => setLeaving(key)} />,
      end: true,
    },
  ];
  const add = (
    <Button icon="plus" onClick={() => setMaking(true)}>
      {t("settings.key.new")}
    </Button>
  );
  return (
    <Section title={t("settings.keys")} actions={add}>
      <Listing
        label={t("settings.keys")}
        columns={columns}
        pages={found}
        empty={
          <Empty icon="key" title={t("settings.key.none")}>
            {t("settings.key.noneText")}
          </Empty>
        }
      />
      {making && <MakeKey onClose={() => setMaking(false)} />}
      {leaving && (
        <Removal
          name={leaving.name}
          title={t("settings.key.revoke", { name: leaving.name })}
          text={t("settings.key.revokeText")}
          from="api-keys"
          remove={() => data(api.DELETE("/api/auth/api-keys/{key_id}", { params: { path: { key_id: leaving.id } } }))}
          onClose={() => setLeaving(null)}
        />
      )}
    </Section>
  );
}

function MakeKey({ onClose }: { onClose: () => void }): ReactNode {
  const t = useT();
  const queries = useQueryClient();
  const [name, setName] = useState("");
  const [reach, setReach] = useState<Reach>("chat");
  const make = useMutation({
    mutationFn: () => data(api.POST("/api/auth/api-keys", { body: { name, scopes: [...SCOPES[reach]] } })),
    onSuccess: () => queries.invalidateQueries({ queryKey: keys.list("api-keys") }),
  });
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    make.mutate();
  };
  if (make.data) {
    return (
      <Dialog title={make.data.name} onClose={onClose} actions={<Button onClick={onClose}>{t("action.close")}</Button>}>
        <p>{t("settings.key.once")}</p>
        <p className={styles.secret}>
          <code>{make.data.key ?? ""}</code>
          <CopyButton text={make.data.key ?? ""} />
        </p>
      </Dialog>
    );
  }
  return (
    <Dialog title={t("settings.key.new")} onClose={onClose}>
      <form onSubmit={submit}>
        <Fields>
          <Field label={t("settings.key.name")} error={make.error ? messageOf(make.error) : null}>
            <Input required value={name} onChange={(event) => setName(event.target.value)} />
          </Field>
          <Field label={t("settings.key.scopes")}>
            <Select value={reach} onChange={(event) => setReach(event.target.value as Reach)}>
              {(Object.keys(SCOPES) as Reach[]).map((each) => (
                <option key={each} value={each}>
                  {t(`settings.reach.${each}`)}
                </option>
              ))}
            </Select>
          </Field>
          <Button type="submit" kind="primary" busy={make.isPending} disabled={!name.trim()}>
            {t("action.create")}
          </Button>
        </Fields>
      </form>
    </Dialog>
  );
}
