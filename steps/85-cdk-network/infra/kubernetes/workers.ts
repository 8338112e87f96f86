/** The processes without visitors: the migrations of a version, the workers, and beat. */

import { Chart } from "cdk8s";
import { k8s } from "cdk8s-plus-33";

import { labels, podSpec, podTemplate } from "./pods";
import { Settings, tagOf } from "./settings";

/** A Job runs once. Each version has its own: its name contains the tag of the image. */
export function addMigrations(chart: Chart, settings: Settings): void {
  const own = { command: ["python", "manage.py", "migrate", "--no-input"] };
  new k8s.KubeJob(chart, "migrate", {
    metadata: { name: `migrate-${tagOf(settings.image)}`, labels: labels("migrate") },
    spec: {
      // A migration that does not get its lock within five seconds fails: it is tried again.
      backoffLimit: 3,
      activeDeadlineSeconds: 60 * 60,
      ttlSecondsAfterFinished: 7 * 24 * 60 * 60,
      // A Job cannot be changed: what is in here must be the same for each deployment of a version.
      template: {
        metadata: { labels: labels("migrate") },
        spec: { ...podSpec(settings, "migrate", own), restartPolicy: "Never" },
      },
    },
  });
}

export function addWorkers(chart: Chart, settings: Settings): void {
  addDeployment(chart, settings, "worker", "worker --concurrency 2", { replicas: 2 });
  // One, also during a rollout: the old one is stopped before the new one starts.
  addDeployment(chart, settings, "beat", "beat", { replicas: 1, strategy: { type: "Recreate" } });
}

function addDeployment(
  chart: Chart,
  settings: Settings,
  component: string,
  program: string,
  own: Partial<k8s.DeploymentSpec>,
): void {
  const command = `celery --quiet --app config ${program} --loglevel INFO`.split(" ");
  new k8s.KubeDeployment(chart, component, {
    metadata: { name: component, labels: labels(component) },
    spec: {
      ...own,
      selector: { matchLabels: labels(component) },
      template: podTemplate(settings, component, { command }),
    },
  });
}
