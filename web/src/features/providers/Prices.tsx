"use client";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { type FormEvent, type ReactNode, useState } from "react";
import { api, data, type Schema } from "@/api/client";
import { messageOf } from "@/api/errors";
import { keys } from "@/api/queries";
import styles from "@/features/providers/Providers.module.css";
import { useT } from "@/i18n";
import { Button, IconButton } from "@/ui/Button";
import { Field, Input } from "@/ui/Field";
import { Problem } from "@/ui/Page";
import { type Column, Table } from "@/ui/Table";
import { useToasts } from "@/ui/Toasts";

type Price = Schema<"PriceView">;

const EMPTY = { provider_type: "", model: "", input: "", output: "" };

/** What a million tokens cost. A model without a price costs an unknown amount, never nothing. */
export function Prices(): ReactNode {
  const t = useT();
  const say = useToasts();
  const queries = useQueryClient();
  const prices = useQuery({
    queryKey: keys.list("prices"),
    queryFn: () => data(api.GET("/api/prices", { params: { query: { limit: 100 } } })),
  });
  const remove = useMutation({
    mutationFn: (id: string) => data(api.DELETE("/api/prices/{price_id}", { params: { path: { price_id: id } } })),
    onError: (error) => say.failed(messageOf(error)),
    onSettled: () => queries.invalidateQueries({ queryKey: keys.list("prices") }),
  });
  const columns: Column<Price>[] = [
    { key: "model", title: t("providers.model"), cell: (price) => <span className="mono">{price.model}</span> },
    { key: "type", title: t("providers.type"), cell: (price) => price.provider_type ?? price.provider_id },
    { key: "input", title: t("providers.input"), cell: (price) => price.input, end: true },
    { key: "output", title: t("providers.output"), cell: (price) => price.output, end: true },
    {
      key: "act",
      title: t("nav.more"),
      cell: (price) => <IconButton small icon="trash" label={t("confirm.delete.title", { name: price.model })} onClick={() => remove.mutate(price.id)} />,
      end: true,
    },
  ];
  return (
    <>
      <p className="muted">{t("providers.pricesText")}</p>
      {prices.error && <Problem error={prices.error} />}
      <AddPrice />
      {(prices.data?.items.length ?? 0) > 0 && (
        <Table label={t("providers.prices")} columns={columns} rows={prices.data?.items ?? []} rowKey={(price) => price.id} />
      )}
      {prices.data && prices.data.defaults.length > 0 && (
        <>
          <h2>{t("providers.defaults", { day: prices.data.defaults_as_of })}</h2>
          <Table
            label={t("providers.defaults", { day: prices.data.defaults_as_of })}
            rows={prices.data.defaults}
            rowKey={(price) => `${price.provider_type} ${price.model}`}
            columns={[
              { key: "model", title: t("providers.model"), cell: (price) => <span className="mono">{price.model}</span> },
              { key: "type", title: t("providers.type"), cell: (price) => price.provider_type },
              { key: "input", title: t("providers.input"), cell: (price) => price.input, end: true },
              { key: "output", title: t("providers.output"), cell: (price) => price.output, end: true },
            ]}
          />
        </>
      )}
    </>
  );
}

function AddPrice(): ReactNode {
  const t = useT();
  const queries = useQueryClient();
  const [draft, setDraft] = useState(EMPTY);
  const add = useMutation({
    mutationFn: () =>
      data(api.POST("/api/prices", { body: { ...draft, input: Number(draft.input), output: Number(draft.output) } })),
    onSuccess: () => {
      setDraft(EMPTY);
      return queries.invalidateQueries({ queryKey: keys.list("prices") });
    },
  });
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    add.mutate();
  };
  const field = (name: keyof typeof EMPTY, label: string, number = false): ReactNode => (
    <Field label={label}>
      <Input
        required
        type={number ? "number" : "text"}
        min={0}
        step="any"
        value={draft[name]}
        onChange={(event) => setDraft({ ...draft, [name]: event.target.value })}
      />
    </Field>
  );
  return (
    <form className={styles.row} onSubmit={submit}>
      {field("provider_type", t("providers.type"))}
      {field("model", t("providers.model"))}
      {field("input", t("providers.input"), true)}
      {field("output", t("providers.output"), true)}
      <Button type="submit" busy={add.isPending}>
        {t("action.add")}
      </Button>
      {add.error && <p role="alert">{messageOf(add.error)}</p>}
    </form>
  );
}
