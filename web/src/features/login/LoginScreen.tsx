"use client";
import { useMutation } from "@tanstack/react-query";
import { type FormEvent, type ReactNode, useState } from "react";
import { messageOf } from "@/api/errors";
import { useMeta } from "@/api/queries";
import { session } from "@/api/session";
import styles from "@/features/login/LoginScreen.module.css";
import { useT } from "@/i18n";
import { Link, useNav, useParams } from "@/nav";
import { Button } from "@/ui/Button";
import { Field, Fields, Input } from "@/ui/Field";
import { Page } from "@/ui/Page";

/** Where a person signs in. */
export function LoginScreen(): ReactNode {
  const t = useT();
  const nav = useNav();
  const params = useParams();
  const meta = useMeta();
  const [email, setEmail] = useState("");
  const [password, setPassword] = useState("");
  const login = useMutation({
    mutationFn: () => session.login(email, password),
    onSuccess: () => nav(inside(params.get("next")), { replace: true }),
  });
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    login.mutate();
  };
  return (
    <Page title={t("login.title")} busy={meta.isPending}>
      <form className={styles.form} onSubmit={submit}>
        <Fields>
          <Field label={t("login.email")}>
            <Input type="email" required autoComplete="username" value={email} onChange={(event) => setEmail(event.target.value)} />
          </Field>
          <Field label={t("login.password")} error={login.error ? messageOf(login.error) : null}>
            <Input
              type="password"
              required
              autoComplete="current-password"
              value={password}
              onChange={(event) => setPassword(event.target.value)}
            />
          </Field>
          <Button type="submit" kind="primary" busy={login.isPending}>
            {t("login.submit")}
          </Button>
        </Fields>
        {meta.data?.setup_needed && (
          <p>
            {t("login.setup")} <Link to="/welcome">{t("login.setup.link")}</Link>
          </p>
        )}
      </form>
    </Page>
  );
}

/** A path of this product, and nothing else: an address from outside never decides where one ends up. */
function inside(next: string | null): string {
  return next && /^\/(?![/\\])/.test(next) ? next : "/";
}
