"use client";
import { type ReactNode, useEffect, useState } from "react";
import { useMeta } from "@/api/queries";
import { session } from "@/api/session";
import { AccountStep } from "@/features/welcome/AccountStep";
import { ModelStep, OwnStep } from "@/features/welcome/LastSteps";
import { TryStep } from "@/features/welcome/TryStep";
import styles from "@/features/welcome/WelcomeScreen.module.css";
import { useT } from "@/i18n";
import { ButtonLink, Button } from "@/ui/Button";
import { Page } from "@/ui/Page";

const STEPS = [TryStep, ModelStep, OwnStep];

/** The first minutes: an account, then three steps that can each be skipped. */
export function WelcomeScreen(): ReactNode {
  const t = useT();
  const meta = useMeta();
  const [inside, setInside] = useState<boolean | null>(null);
  const [at, setAt] = useState(0);
  useEffect(() => {
    const look = (): void => setInside(session.exists());
    look();
    return session.listen(look);
  }, []);
  const Step = STEPS[at] ?? TryStep;
  return (
    <Page title={t("welcome.title")} busy={meta.isPending || inside === null}>
      <div className={styles.card}>
        {inside === false && (meta.data?.setup_needed ? <AccountStep /> : <SignIn />)}
        {inside && (
          <>
            <p className="muted">{t("welcome.step", { n: at + 1, all: STEPS.length })}</p>
            <Step />
            <footer className={styles.foot}>
              {at > 0 && <Button onClick={() => setAt(at - 1)}>{t("action.back")}</Button>}
              {at < STEPS.length - 1 ? (
                <Button onClick={() => setAt(at + 1)}>{t("action.skip")}</Button>
              ) : (
                <ButtonLink to="/">{t("welcome.done")}</ButtonLink>
              )}
            </footer>
          </>
        )}
      </div>
    </Page>
  );
}

function SignIn(): ReactNode {
  const t = useT();
  return (
    <>
      <p>{t("welcome.signIn")}</p>
      <ButtonLink to="/login">{t("login.title")}</ButtonLink>
    </>
  );
}
