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

{{- define "stream-worker.secretEnv" -}}
- name: {{ .name }}
  valueFrom:
    secretKeyRef:
      name: {{ required (printf "the secret of %s has no name" .name) .ref }}
      key: {{ .key }}
{{- end }}

{{- /*
One CronJob. Takes: root, job (its values), name, component, image, args, env (a map), secretEnv (a list of name, ref, key),
and optionally volume (mountPath, claim) and metrics (the variable that names the job's metrics file).
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
{{- $_ := set $env .metrics (printf "/metrics/%s-%s.prom" $root.Release.Name .name) -}}
{{- end -}}
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
  suspend: {{ $root.Values.suspend }}
  concurrencyPolicy: Forbid
  startingDeadlineSeconds: {{ $root.Values.startingDeadlineSeconds }}
  successfulJobsHistoryLimit: {{ $root.Values.history.successful }}
  failedJobsHistoryLimit: {{ $root.Values.history.failed }}
  jobTemplate:
    spec:
      backoffLimit: {{ hasKey .job "backoffLimit" | ternary .job.backoffLimit $root.Values.backoffLimit }}
      activeDeadlineSeconds: {{ .job.activeDeadlineSeconds }}
      template:
        metadata:
          labels:
            {{- include "stream-worker.labels" $root | nindent 12 }}
            app.kubernetes.io/component: {{ .component }}
            {{- with $root.Values.podLabels }}
            {{- toYaml . | nindent 12 }}
            {{- end }}
          {{- with $root.Values.podAnnotations }}
          annotations:
            {{- toYaml . | nindent 12 }}
          {{- end }}
        spec:
          restartPolicy: Never
          serviceAccountName: {{ .job.serviceAccount }}
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
                {{- toYaml .args | nindent 16 }}
              env:
                {{- $own := .job.env | default dict }}
                {{- range $name, $value := mergeOverwrite $env $own }}
                - name: {{ $name }}
                  # Not toString, which writes large numbers as 2e+07.
                  value: {{ kindIs "string" $value | ternary $value (toJson $value) | quote }}
                {{- end }}
                {{- range .secretEnv }}
                {{- include "stream-worker.secretEnv" . | nindent 16 }}
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
