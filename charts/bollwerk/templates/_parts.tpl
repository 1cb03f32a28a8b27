{{- /* The name of everything: the release's, with the chart's in it. */}}
{{- define "bollwerk.name" -}}
{{- $name := .Release.Name }}
{{- if not (contains "bollwerk" $name) }}{{ $name = printf "%s-bollwerk" $name }}{{ end }}
{{- $name | trunc 52 | trimSuffix "-" }}
{{- end }}

{{- /* What a part's pods are found by: a list of the root and the part. */}}
{{- define "bollwerk.selector" -}}
{{- $root := index . 0 -}}
app.kubernetes.io/name: bollwerk
app.kubernetes.io/instance: {{ $root.Release.Name }}
{{- with index . 1 }}
app.kubernetes.io/component: {{ . }}
{{- end }}
{{- end }}

{{- define "bollwerk.labels" -}}
{{- $root := index . 0 -}}
{{ include "bollwerk.selector" . }}
app.kubernetes.io/managed-by: {{ $root.Release.Service }}
app.kubernetes.io/version: {{ $root.Chart.AppVersion | quote }}
helm.sh/chart: {{ printf "%s-%s" $root.Chart.Name $root.Chart.Version }}
{{- end }}

{{- define "bollwerk.image" -}}
{{- $image := .Values.image -}}
{{ $image.repository }}:{{ $image.tag | default .Chart.AppVersion }}
{{- with $image.digest }}@{{ . }}{{ end }}
{{- end }}

{{- define "bollwerk.tls" -}}
{{ .Values.certificate.secretName | default (printf "%s-tls" (include "bollwerk.name" .)) }}
{{- end }}

{{- /* What every container of ours may not. */}}
{{- define "bollwerk.container" -}}
allowPrivilegeEscalation: false
capabilities:
  drop: [ALL]
privileged: false
readOnlyRootFilesystem: true
runAsNonRoot: true
{{- end }}

{{- define "bollwerk.pod" -}}
runAsNonRoot: true
runAsUser: 65532
runAsGroup: 65532
fsGroup: 65532
seccompProfile:
  type: RuntimeDefault
{{- end }}

{{- define "bollwerk.probes" -}}
livenessProbe:
  httpGet: {path: /healthz, port: health}
readinessProbe:
  httpGet: {path: /readyz, port: health}
{{- end }}

{{- /* Configuration, certificate, and the account's token, which ends sooner than the one that is
mounted by itself. */}}
{{- define "bollwerk.mounts" -}}
- {name: config, mountPath: /etc/bollwerk, readOnly: true}
- {name: tls, mountPath: /etc/bollwerk-tls, readOnly: true}
- {name: account, mountPath: /var/run/secrets/kubernetes.io/serviceaccount, readOnly: true}
{{- end }}

{{- define "bollwerk.volumes" -}}
- name: config
  configMap: {name: {{ include "bollwerk.name" . }}}
- name: tls
  secret: {secretName: {{ include "bollwerk.tls" . }}, defaultMode: 288}
- name: account
  projected:
    sources:
    - serviceAccountToken: {path: token, expirationSeconds: 3607}
    - configMap:
        name: kube-root-ca.crt
        items: [{key: ca.crt, path: ca.crt}]
    - downwardAPI:
        items: [{path: namespace, fieldRef: {fieldPath: metadata.namespace}}]
{{- end }}

{{- /* Replicas of a part on nodes of their own, where there are as many. */}}
{{- define "bollwerk.apart" -}}
podAntiAffinity:
  preferredDuringSchedulingIgnoredDuringExecution:
  - weight: 100
    podAffinityTerm:
      topologyKey: kubernetes.io/hostname
      labelSelector:
        matchLabels: {{- include "bollwerk.selector" . | nindent 10 }}
{{- end }}

{{- /* The address of a PostgreSQL database that several share. */}}
{{- define "bollwerk.store" -}}
{{- with .Values.server.store.postgresSecret }}
env:
- name: BOLLWERK_STORE
  valueFrom:
    secretKeyRef: {name: {{ . }}, key: url}
{{- end }}
{{- end }}

{{- /* Where pods may stand, and by whose leave images come. */}}
{{- define "bollwerk.placement" -}}
{{- $root := index . 0 }}{{ $part := index . 1 }}
{{- with $part.nodeSelector }}
nodeSelector: {{- toYaml . | nindent 2 }}
{{- end }}
{{- with $part.tolerations }}
tolerations: {{- toYaml . | nindent 2 }}
{{- end }}
{{- with $root.Values.imagePullSecrets }}
imagePullSecrets:
{{- range . }}
- name: {{ . }}
{{- end }}
{{- end }}
{{- end }}
