"use client";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { type FormEvent, type ReactNode, useState } from "react";
import { api, data } from "@/api/client";
import { AppError, messageOf } from "@/api/errors";
import { keys } from "@/api/queries";
import { slugOf, TEMPLATES, type TemplateName } from "@/features/workflows/model/templates";
import styles from "@/features/workflows/NewFlow.module.css";
import { useT } from "@/i18n";
import { href, useNav } from "@/nav";
import { Button } from "@/ui/Button";
import { Dialog } from "@/ui/Dialog";
import { Field, Fields, Input } from "@/ui/Field";

const NAMES = Object.keys(TEMPLATES) as TemplateName[];
const TRIES = 5;

/** A new flow: empty, or made like one that runs already. */
export function NewFlow({ taken, onClose }: { taken: ReadonlySet<string>; onClose: () => void }): ReactNode {
  const t = useT();
  const nav = useNav();
  const queries = useQueryClient();
  const [template, setTemplate] = useState<TemplateName>("blank");
  const [name, setName] = useState("");
  const called = name.trim() || t(`workflows.template.${template}`);
  const make = useMutation({
    mutationFn: () => made(called, template, taken),
    onSuccess: async (flow) => {
      await queries.invalidateQueries({ queryKey: keys.list("workflows") });
      nav(href("/workflows", { id: flow.id }));
    },
  });
  const send = (event: FormEvent): void => {
    event.preventDefault();
    make.mutate();
  };
  return (
    <Dialog title={t("workflows.new")} onClose={onClose}>
      <form onSubmit={send}>
        <Fields>
          <Field label={t("workflows.name")} error={make.error ? messageOf(make.error) : null}>
            <Input data-first value={name} maxLength={200} placeholder={t(`workflows.template.${template}`)} onChange={(event) => setName(event.target.value)} />
          </Field>
          <fieldset className={styles.templates}>
            <legend>{t("workflows.templates")}</legend>
            {NAMES.map((each) => (
              <label key={each} className={styles.template}>
                <input type="radio" name="template" value={each} checked={template === each} onChange={() => setTemplate(each)} />
                <span>
                  <strong>{t(`workflows.template.${each}`)}</strong>
                  <span className={styles.told}>{t(`workflows.template.${each}.text`)}</span>
                </span>
              </label>
            ))}
          </fieldset>
          <div>
            <Button type="submit" kind="primary" busy={make.isPending}>
              {t("action.create")}
            </Button>
          </div>
        </Fields>
      </form>
    </Dialog>
  );
}

/** A saved flow; where its id is taken by one that is not listed here, the next free one. */
async function made(name: string, template: TemplateName, known: ReadonlySet<string>): Promise<{ id: string }> {
  const taken = new Set(known);
  for (let attempt = 0; ; attempt += 1) {
    const id = slugOf(name, taken);
    try {
      return await data(api.POST("/api/workflows", { body: { liteagent: 1, id, name, ...TEMPLATES[template] } as never }));
    } catch (error) {
      if (!(error instanceof AppError) || error.status !== 409 || attempt >= TRIES) throw error;
      taken.add(id);
    }
  }
}
