# Where

variable "environment" {
  description = "Which environment this is: the name of its file below environments/, which says it. So no command can forget the file, or take another one."
  type        = string
  # Not required: then terraform would ask for it, and go on without the file.
  default = null

  validation {
    condition     = var.environment != null
    error_message = "Give -var-file=environments/NAME.tfvars, which says what this environment keeps for how long."
  }
}

variable "project_id" {
  description = "The Google Cloud project that everything is made in."
  type        = string

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{4,28}[a-z0-9]$", var.project_id))
    error_message = "A project ID has 6 to 30 lowercase letters, digits and hyphens."
  }
}

variable "region" {
  description = "Region of jobs, schedules, images and, if wanted, Kafka."
  type        = string
  default     = "europe-west1"

  validation {
    condition     = can(regex("^[a-z]+-[a-z]+[0-9]+$", var.region))
    error_message = "A region is such as europe-west1."
  }
}

variable "labels" {
  description = "Labels of everything that takes labels."
  type        = map(string)
  default     = {}

  validation {
    condition     = alltrue([for key, value in var.labels : can(regex("^[a-z][a-z0-9_-]{0,62}$", key)) && can(regex("^[a-z0-9_-]{0,63}$", value))])
    error_message = "Labels have lowercase letters, digits, hyphens and underscores, and their names begin with a letter."
  }
}

variable "deletion_protection" {
  description = "Refuse to destroy jobs, the Kafka cluster and its topic, and buckets that hold objects, and to move to another project or region; leave secrets that are not needed any more where they are. False for environments that come and go."
  type        = bool
  default     = true
}

# What

variable "loader_image" {
  description = "The loader image, by digest: REGION-docker.pkg.dev/PROJECT/REPOSITORY/loader@sha256:…"
  type        = string

  validation {
    condition     = can(regex("@sha256:[0-9a-f]{64}$", var.loader_image))
    error_message = "Name the image by digest (…@sha256:…), so that what runs is what was tested."
  }
}

variable "batch_judge_image" {
  description = "The batch-judge image, by digest."
  type        = string

  validation {
    condition     = can(regex("@sha256:[0-9a-f]{64}$", var.batch_judge_image))
    error_message = "Name the image by digest (…@sha256:…), so that what runs is what was tested."
  }
}

# Store

variable "bucket_name" {
  description = "Bucket of interactions, tags and verdicts. Names are unique in the world."
  type        = string

  validation {
    condition     = can(regex("^[a-z0-9][a-z0-9._-]{1,61}[a-z0-9]$", var.bucket_name))
    error_message = "A bucket's name has 3 to 63 lowercase letters, digits, dots, hyphens and underscores."
  }
}

variable "backup_bucket_name" {
  description = "Bucket of the weekly backup of the Braintrust logs; null: no backup."
  type        = string
  default     = null

  validation {
    condition     = var.backup_bucket_name == null || can(regex("^[a-z0-9][a-z0-9._-]{1,55}[a-z0-9]$", var.backup_bucket_name))
    error_message = "3 to 57 lowercase letters, digits, dots, hyphens and underscores: a second bucket has -spool behind the name."
  }
}

variable "bucket_location" {
  description = "Location of the buckets: a region, or EU, US, ASIA. The judge's model has to be allowed to read there."
  type        = string
  default     = "EU"

  validation {
    condition     = can(regex("^(EU|US|ASIA|[A-Z]{3,4}[0-9]{1,2}|[a-z]+-[a-z]+[0-9]+)$", var.bucket_location))
    error_message = "A region such as europe-west1, a pair of them such as EUR4, or EU, US, ASIA."
  }
}

variable "soft_delete_days" {
  description = "Days for which deleted and overwritten objects can be brought back; 0, or 7 to 90."
  type        = number
  default     = 14

  validation {
    condition     = var.soft_delete_days == 0 || (var.soft_delete_days >= 7 && var.soft_delete_days <= 90)
    error_message = "Cloud Storage keeps soft-deleted objects for 7 to 90 days, or not at all (0)."
  }
}

variable "archive_after_days" {
  description = "Age at which raw, tagged and dead-letter files move to the Archive class; 0: never."
  type        = number
  default     = 365

  validation {
    condition     = var.archive_after_days >= 0 && floor(var.archive_after_days) == var.archive_after_days
    error_message = "Whole days, or 0 for never."
  }
}

variable "delete_raw_after_days" {
  description = "Age at which raw, tagged and dead-letter files are deleted; 0: never. Plans and progress always stay."
  type        = number
  default     = 0

  # The tagger looks 31 days back. A raw file whose tagged one was deleted first would be tagged, and paid for, again.
  validation {
    condition     = var.delete_raw_after_days == 0 || (var.delete_raw_after_days >= 40 && floor(var.delete_raw_after_days) == var.delete_raw_after_days)
    error_message = "At least 40 whole days, or 0 for never."
  }
}

variable "backup_retention_days" {
  description = "Days for which a backup cannot be deleted or changed, unless by who may change the bucket's retention policy, which is not locked; 0: no such policy."
  type        = number
  default     = 0

  validation {
    condition     = var.backup_retention_days >= 0 && var.backup_retention_days <= 36500
    error_message = "0 to 36500 days."
  }
}

# Kafka

variable "kafka_brokers" {
  description = "host:port,… of the brokers; null with managed_kafka."
  type        = string
  default     = null

  validation {
    condition     = var.kafka_brokers == null || can(regex("^[^:,/ ]+:[0-9]+(,[^:,/ ]+:[0-9]+)*$", var.kafka_brokers))
    error_message = "host:port, separated by commas."
  }
}

variable "kafka_topic" {
  description = "The topic of interactions."
  type        = string
  default     = "raw-interactions"

  validation {
    condition     = can(regex("^[A-Za-z0-9._-]{1,249}$", var.kafka_topic))
    error_message = "A topic has up to 249 letters, digits, dots, hyphens and underscores."
  }
}

variable "kafka_consumer_group" {
  description = "The consumer group. One for each store."
  type        = string
  default     = "interaction-loader"

  validation {
    condition     = var.kafka_consumer_group != ""
    error_message = "A group has a name."
  }
}

variable "kafka_security_protocol" {
  description = "How brokers are spoken to."
  type        = string
  default     = "sasl_ssl"

  validation {
    condition     = contains(["plaintext", "ssl", "sasl_plaintext", "sasl_ssl"], var.kafka_security_protocol)
    error_message = "One of plaintext, ssl, sasl_plaintext, sasl_ssl."
  }
}

variable "kafka_sasl_mechanism" {
  description = "With sasl_…: how the loader shows who it is. OAUTHBEARER is for Managed Service for Apache Kafka, by the loader's account and without a secret; else name and password are the secrets kafka-username and kafka-password. null: OAUTHBEARER with managed_kafka, PLAIN without."
  type        = string
  default     = null

  validation {
    condition     = var.kafka_sasl_mechanism == null || contains(["OAUTHBEARER", "PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"], coalesce(var.kafka_sasl_mechanism, "PLAIN"))
    error_message = "One of OAUTHBEARER, PLAIN, SCRAM-SHA-256, SCRAM-SHA-512."
  }
}

variable "managed_kafka" {
  description = "Make a cluster of Managed Service for Apache Kafka with the topic in it; null: Kafka is elsewhere."
  type = object({
    subnet       = string
    vcpu_count   = optional(number, 3)
    memory_bytes = optional(number, 3221225472)
    partitions   = optional(number, 12)
    retention_ms = optional(number, 604800000)
  })
  default = null

  validation {
    condition     = var.managed_kafka == null || can(regex("^projects/[^/]+/regions/[^/]+/subnetworks/[^/]+$", var.managed_kafka.subnet))
    error_message = "subnet is such as projects/my-project/regions/europe-west1/subnetworks/default."
  }
  validation {
    condition     = try(var.managed_kafka.vcpu_count >= 3 && var.managed_kafka.memory_bytes >= var.managed_kafka.vcpu_count * pow(2, 30) && var.managed_kafka.memory_bytes <= var.managed_kafka.vcpu_count * 8 * pow(2, 30), var.managed_kafka == null)
    error_message = "At least 3 processors, and 1 to 8 GiB for each."
  }
}

variable "vpc" {
  description = "Network that jobs reach Kafka through (Direct VPC egress), by default the loader only; with all = true everything leaves through it, which takes a NAT or Private Google Access there. null: through the internet."
  type = object({
    network    = string
    subnetwork = string
    tags       = optional(list(string), [])
    all        = optional(bool, false)
    jobs       = optional(list(string), ["loader"])
  })
  default = null

  validation {
    condition     = length(setsubtract(try(var.vpc.jobs, []), ["loader", "verify", "tagger", "judge", "collect", "push", "backup"])) == 0
    error_message = "Jobs are loader, verify, tagger, judge, collect, push and backup."
  }
}

# Tags, judge, datasets

variable "braintrust_project_id" {
  description = "The Braintrust project of tags, logs and datasets. Empty: no tagging, no datasets, no backup."
  type        = string
  default     = ""

  validation {
    condition     = var.braintrust_project_id == "" || can(regex("^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$", var.braintrust_project_id))
    error_message = "The project's ID, which is a UUID, not its name."
  }
}

variable "tag_max_cost_usd" {
  description = "What one run of tagging may spend, in US dollars."
  type        = number
  default     = 5

  validation {
    condition     = var.tag_max_cost_usd > 0
    error_message = "More than 0 US dollars. Without tagging make its schedule \"\"."
  }
}

variable "judge_max_cost_usd" {
  description = "What one run of the judge may submit, in US dollars, if every answer were as long as it may be: about 0.003 for each interaction, which is several times what it will cost. At least 2 * 0.003 * interactions of a day * judge_sample, so that a day that was missed can be made up beside the next one; a day that is above the limit alone is never judged. The collector, which asks again, has the same limit. Of what is really spent alert_limits.daily_cost_usd tells."
  type        = number
  default     = 300

  validation {
    condition     = var.judge_max_cost_usd > 0
    error_message = "More than 0 US dollars. Without judging make its schedule \"\"."
  }
}

variable "judge_sample" {
  description = "Share of interactions that is judged: 1 is all."
  type        = number
  default     = 1

  validation {
    condition     = var.judge_sample > 0 && var.judge_sample <= 1
    error_message = "A share above 0 and up to 1."
  }
}

variable "model_id" {
  description = "The judge's model."
  type        = string
  default     = "publishers/google/models/gemini-2.5-flash"
}

variable "model_fallback_id" {
  description = "The judge's model once Vertex AI knows model_id no longer."
  type        = string
  default     = "publishers/google/models/gemini-3.5-flash-lite"
}

variable "model_location" {
  description = "Where the model answers: a region, us, eu or global; null: the region."
  type        = string
  default     = null

  validation {
    condition     = var.model_location == null || can(regex("^([a-z]+-[a-z]+[0-9]+|us|eu|global)$", var.model_location))
    error_message = "A region, us, eu or global."
  }
}

# Alerts

variable "alert_emails" {
  description = "Who is told. Empty: incidents are opened in Cloud Monitoring, and nobody is told."
  type        = list(string)
  default     = []

  validation {
    condition     = alltrue([for email in var.alert_emails : can(regex("^[^@ ]+@[^@ ]+$", email))])
    error_message = "An address has an @."
  }
}

variable "alert_limits" {
  description = "When to tell; main.tf has what is not given: lag of the topic in records, dead letters in an hour, share of judged records, spending in a day, hours without one that was completed (asked for only if the loader runs in every hour), and failed executions of an hourly job in three hours."
  type        = map(number)
  default     = {}

  validation {
    condition     = length(setsubtract(keys(var.alert_limits), ["lag", "dead_letters", "judge_coverage", "daily_cost_usd", "unsealed_hours", "failed_executions"])) == 0
    error_message = "Limits are lag, dead_letters, judge_coverage, daily_cost_usd, unsealed_hours and failed_executions."
  }
  validation {
    condition     = lookup(var.alert_limits, "unsealed_hours", 1) >= 1 && lookup(var.alert_limits, "unsealed_hours", 1) <= 24
    error_message = "unsealed_hours is 1 to 24."
  }
  validation {
    condition     = lookup(var.alert_limits, "judge_coverage", 1) > 0 && lookup(var.alert_limits, "judge_coverage", 1) <= 1
    error_message = "judge_coverage is a share above 0 and up to 1."
  }
}
