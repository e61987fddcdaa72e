{{- define "stream-worker.labels" -}}
app.kubernetes.io/name: {{ .Chart.Name }}
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version }}
{{- end }}

{{- define "stream-worker.image" -}}
{{- $what := .what -}}
{{- $image := .image -}}
{{- if not (and $image.repository (regexMatch "^sha256:[0-9a-f]{64}$" ($image.digest | default ""))) -}}
{{- fail (printf "images.%s: give repository and digest (sha256:…)" $what) -}}
{{- end -}}
{{ $image.repository }}@{{ $image.digest }}
{{- end }}

{{- /* Of jobs and of their pods. Takes: root, component. The schema keeps these names out of podLabels. */ -}}
{{- define "stream-worker.podLabels" -}}
{{ include "stream-worker.labels" .root }}
app.kubernetes.io/component: {{ .component }}
{{- with .root.Values.podLabels }}
{{ toYaml . }}
{{- end }}
{{- end }}

{{- /* Takes: where (in the values), env (a map). */ -}}
{{- define "stream-worker.refuseSecrets" -}}
{{- range $name, $value := .env -}}
{{- if or (regexMatch "(_KEY|PASSWORD|SECRET|TOKEN)$" $name) (regexMatch "PRIVATE KEY|password=" (toString $value)) -}}
{{- fail (printf "%s.%s: no place for secrets; make a Secret, and name it in secretEnv of the job" $.where $name) -}}
{{- end -}}
{{- end -}}
{{- end }}

{{- /*
The variables of a job as JSON: a map of each name to its value, or to ref and key of a Secret. What the job's own values
say wins over `env` of all jobs, and that over the chart. Takes: root, settings (settings.yaml), where (in cronJobs), job,
command, env, secrets.
*/ -}}
{{- define "stream-worker.variables" -}}
{{- $settings := .settings -}}
{{- $where := printf "cronJobs.%s" .where -}}
{{- $own := .job.env | default dict -}}
{{- $ownSecrets := .job.secretEnv | default dict -}}
{{- $known := concat (index $settings.commands .command) $settings.libraries -}}
{{- range $kind, $given := dict "env" $own "secretEnv" $ownSecrets -}}
{{- range $name, $_ := $given -}}
{{- if not (has $name $known) -}}
{{- fail (printf "%s.%s.%s: `%s` knows no such variable" $where $kind $name $.command) -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- range $name, $_ := .root.Values.env -}}
{{- range $command, $names := $settings.commands -}}
{{- if not (has $name (concat $names $settings.libraries)) -}}
{{- fail (printf "env.%s: `%s` knows no such variable, and this `env` is that of every job" $name $command) -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- include "stream-worker.refuseSecrets" (dict "where" "env" "env" .root.Values.env) -}}
{{- include "stream-worker.refuseSecrets" (dict "where" (printf "%s.env" $where) "env" $own) -}}
{{- $variables := dict -}}
{{- range $given := list .env .secrets (.root.Values.env | default dict) $own $ownSecrets -}}
{{- range $name, $value := $given -}}
{{- $_ := set $variables $name $value -}}
{{- end -}}
{{- end -}}
{{- range $name, $_ := $ownSecrets -}}
{{- if hasKey $own $name -}}
{{- fail (printf "%s: %s is in env and in secretEnv" $where $name) -}}
{{- end -}}
{{- end -}}
{{- toJson $variables -}}
{{- end }}

{{- /*
A job that reaches its deadline is killed: it has to have stopped before. Takes: where (in cronJobs), job, duration.
*/ -}}
{{- define "stream-worker.checkDeadline" -}}
{{- $duration := .duration -}}
{{- if not (and $duration (regexMatch "^([0-9]+h)?([0-9]+m)?([0-9]+s)?$" $duration)) -}}
{{- fail (printf "cronJobs.%s: MAX_DURATION is %q; expected h, m and s, such as 1h30m" .where $duration) -}}
{{- end -}}
{{- $seconds := 0 -}}
{{- range $unit, $factor := dict "h" 3600 "m" 60 "s" 1 -}}
{{- $count := regexFind (printf "[0-9]+%s" $unit) $duration | trimSuffix $unit | atoi -}}
{{- $seconds = add $seconds (mul $factor $count) -}}
{{- end -}}
{{- /* Up to five minutes to store what was read, and one to seal. */ -}}
{{- $needed := add $seconds 360 -}}
{{- if gt $needed (int64 .job.activeDeadlineSeconds) -}}
{{- fail (printf "cronJobs.%s: with MAX_DURATION %s activeDeadlineSeconds is %d or more" .where $duration $needed) -}}
{{- end -}}
{{- end }}

{{- /*
One CronJob. Takes: root, where (in cronJobs), job (its values), name, component, image, command, env (a map), secrets (a
map of variables to ref and key), and optionally volume (mountPath, claim) and metrics (a map of files to the variables
that name them).
*/ -}}
{{- define "stream-worker.cronJob" -}}
{{- $root := .root -}}
{{- $env := deepCopy .env -}}
{{- $volumes := list -}}
{{- with .volume -}}
{{- $volumes = append $volumes (dict "name" "work" "mountPath" .mountPath "claim" .claim) -}}
{{- end -}}
{{- if and .metrics $root.Values.metrics.usePvc -}}
{{- $claim := required "metrics.pvcName is needed with usePvc" $root.Values.metrics.pvcName -}}
{{- $volumes = append $volumes (dict "name" "metrics" "mountPath" "/metrics" "claim" $claim) -}}
{{- range $file, $variable := .metrics -}}
{{- $_ := set $env $variable (printf "/metrics/%s-%s.prom" $root.Release.Name $file) -}}
{{- end -}}
{{- end -}}
{{- $settings := fromYaml ($root.Files.Get "settings.yaml") -}}
{{- $variables := fromJson (include "stream-worker.variables" (dict
  "root" $root "settings" $settings "where" .where "job" .job "command" .command "env" $env "secrets" .secrets)) -}}
{{- if has "MAX_DURATION" (index $settings.commands .command) -}}
{{- include "stream-worker.checkDeadline" (dict "where" .where "job" .job "duration" ($variables.MAX_DURATION | default "" | toString)) -}}
{{- end -}}
{{- $labels := include "stream-worker.podLabels" . -}}
{{- $name := printf "%s-%s" $root.Release.Name .name -}}
{{- if gt (len $name) 52 -}}
{{- fail (printf "the release's name is too long: a CronJob's has at most 52 characters, %s has more" $name) -}}
{{- end -}}
apiVersion: batch/v1
kind: CronJob
metadata:
  name: {{ $name }}
  namespace: {{ $root.Release.Namespace }}
  labels:
    {{- include "stream-worker.labels" $root | nindent 4 }}
    app.kubernetes.io/component: {{ .component }}
spec:
  schedule: {{ .job.schedule | quote }}
  timeZone: {{ $root.Values.timeZone | quote }}
  suspend: {{ hasKey .job "suspend" | ternary .job.suspend $root.Values.suspend }}
  concurrencyPolicy: Forbid
  startingDeadlineSeconds: {{ $root.Values.startingDeadlineSeconds }}
  successfulJobsHistoryLimit: {{ $root.Values.history.successful }}
  failedJobsHistoryLimit: {{ $root.Values.history.failed }}
  jobTemplate:
    metadata:
      labels:
        {{- $labels | nindent 8 }}
    spec:
      {{- with .job.parallelism }}
      parallelism: {{ . }}
      completions: {{ . }}
      {{- end }}
      {{- /* Counted over all pods; above it, those that are at work are stopped, too. */}}
      {{- $restarts := hasKey .job "backoffLimit" | ternary .job.backoffLimit $root.Values.backoffLimit }}
      backoffLimit: {{ mul $restarts (.job.parallelism | default 1) }}
      activeDeadlineSeconds: {{ .job.activeDeadlineSeconds }}
      template:
        metadata:
          labels:
            {{- $labels | nindent 12 }}
          {{- with $root.Values.podAnnotations }}
          annotations:
            {{- toYaml . | nindent 12 }}
          {{- end }}
        spec:
          restartPolicy: Never
          serviceAccountName: {{ .job.serviceAccount }}
          {{- with $root.Values.priorityClassName }}
          priorityClassName: {{ . }}
          {{- end }}
          # Nothing here talks to Kubernetes; Workload Identity does not need the token.
          automountServiceAccountToken: false
          # The program stops within 8 seconds of SIGTERM.
          terminationGracePeriodSeconds: 30
          {{- with $root.Values.images.pullSecrets }}
          imagePullSecrets:
            {{- toYaml . | nindent 12 }}
          {{- end }}
          securityContext:
            runAsNonRoot: true
            runAsUser: 65532
            runAsGroup: 65532
            fsGroup: 65532
            seccompProfile:
              type: RuntimeDefault
          containers:
            - name: {{ .component }}
              image: {{ .image }}
              imagePullPolicy: {{ $root.Values.images.pullPolicy }}
              args:
                {{- splitList " " .command | rest | toYaml | nindent 16 }}
              env:
                {{- range $name, $value := $variables }}
                - name: {{ $name }}
                  {{- if kindIs "map" $value }}
                  valueFrom:
                    secretKeyRef:
                      name: {{ $value.ref | quote }}
                      key: {{ $value.key | quote }}
                  {{- else }}
                  {{- /* Not toString, which writes large numbers as 2e+07. */}}
                  value: {{ kindIs "string" $value | ternary $value (toJson $value) | quote }}
                  {{- end }}
                {{- end }}
              resources:
                {{- toYaml (.job.resources | default $root.Values.resources) | nindent 16 }}
              securityContext:
                allowPrivilegeEscalation: false
                readOnlyRootFilesystem: true
                capabilities:
                  drop: [ALL]
              {{- if or $volumes $root.Values.extraVolumeMounts }}
              volumeMounts:
                {{- range $volumes }}
                - name: {{ .name }}
                  mountPath: {{ .mountPath }}
                {{- end }}
                {{- with $root.Values.extraVolumeMounts }}
                {{- toYaml . | nindent 16 }}
                {{- end }}
              {{- end }}
          {{- if or $volumes $root.Values.extraVolumes }}
          volumes:
            {{- range $volumes }}
            - name: {{ .name }}
              {{- if .claim }}
              persistentVolumeClaim:
                claimName: {{ .claim }}
              {{- else }}
              emptyDir: {}
              {{- end }}
            {{- end }}
            {{- with $root.Values.extraVolumes }}
            {{- toYaml . | nindent 12 }}
            {{- end }}
          {{- end }}
          {{- with $root.Values.nodeSelector }}
          nodeSelector:
            {{- toYaml . | nindent 12 }}
          {{- end }}
          {{- with $root.Values.tolerations }}
          tolerations:
            {{- toYaml . | nindent 12 }}
          {{- end }}
          {{- with $root.Values.affinity }}
          affinity:
            {{- toYaml . | nindent 12 }}
          {{- end }}
{{- end }}

{{- define "stream-worker.storageEnv" -}}
STORAGE_URL: {{ required "storage.url is needed: gs://BUCKET/PREFIX" .Values.storage.url | quote }}
KAFKA_TOPIC: {{ .Values.kafka.topic | quote }}
LOG_FORMAT: json
{{- end }}

{{- define "stream-worker.braintrustEnv" -}}
BRAINTRUST_PROJECT_ID: {{ required "braintrust.projectId is needed by the jobs that are enabled" .Values.braintrust.projectId | quote }}
{{- end }}
