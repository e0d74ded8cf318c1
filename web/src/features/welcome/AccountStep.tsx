"use client";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { type FormEvent, type ReactNode, useState } from "react";
import { AppError, messageOf } from "@/api/errors";
import { keys } from "@/api/queries";
import { session } from "@/api/session";
import { useT } from "@/i18n";
import { useParams } from "@/nav";
import { Button } from "@/ui/Button";
import { Field, Fields, Input } from "@/ui/Field";

const LEAST = 8;

/** The first user of an empty installation. */
export function AccountStep(): ReactNode {
  const t = useT();
  const queries = useQueryClient();
  const params = useParams();
  const [email, setEmail] = useState("");
  const [password, setPassword] = useState("");
  const [token, setToken] = useState(params.get("token") ?? "");
  const setUp = useMutation({
    mutationFn: () => session.setUp(email, password, token),
    onSuccess: () => queries.invalidateQueries({ queryKey: keys.meta }),
  });
  const wantsToken = token !== "" || (setUp.error instanceof AppError && [401, 403].includes(setUp.error.status));
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    setUp.mutate();
  };
  return (
    <form onSubmit={submit}>
      <Fields>
        <h2>{t("welcome.account.title")}</h2>
        <p className="muted">{t("welcome.account.text")}</p>
        <Field label={t("login.email")}>
          <Input type="email" required autoComplete="username" value={email} onChange={(event) => setEmail(event.target.value)} />
        </Field>
        <Field label={t("welcome.account.password")} error={setUp.error ? messageOf(setUp.error) : null}>
          <Input
            type="password"
            required
            minLength={LEAST}
            autoComplete="new-password"
            value={password}
            onChange={(event) => setPassword(event.target.value)}
          />
        </Field>
        {wantsToken && (
          <Field label={t("welcome.account.token")} hint={t("welcome.account.tokenHint")}>
            <Input required value={token} onChange={(event) => setToken(event.target.value)} />
          </Field>
        )}
        <Button type="submit" kind="primary" busy={setUp.isPending}>
          {t("welcome.account.submit")}
        </Button>
      </Fields>
    </form>
  );
}
