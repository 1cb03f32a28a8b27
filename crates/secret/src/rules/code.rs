//! Rules: where code is kept, packages are published and builds are run. The pages say what each
//! finds.

use crate::SecretKind as Kind;
use crate::check;
use crate::form::Alphabet::{Alphanumeric, Dotted, Hex, Upper, Url, Word};
use crate::form::Piece::{Run, Text};
use crate::form::{Form, UUID, tail};
use crate::login;
use crate::rule::{Family, Shape, named, rule};
use crate::token;

pub(super) const GITHUB: Family = Family {
    id: "github",
    page: include_str!("../pages/github.md"),
    rules: &[
        rule("github-personal-token", Kind::GitHubToken, "ghp_", tail(Alphanumeric, 36, 255))
            .checked(check::github),
        rule("github-oauth-token", Kind::GitHubToken, "gho_", tail(Alphanumeric, 36, 255))
            .checked(check::github),
        rule("github-user-token", Kind::GitHubToken, "ghu_", tail(Alphanumeric, 36, 255))
            .checked(check::github),
        rule("github-installation-token", Kind::GitHubToken, "ghs_", tail(Alphanumeric, 36, 255))
            .checked(check::github),
        rule("github-refresh-token", Kind::GitHubToken, "ghr_", tail(Alphanumeric, 36, 255))
            .checked(check::github),
        rule("github-fine-grained-token", Kind::GitHubToken, "github_pat_", tail(Word, 82, 255)),
    ],
    named: &[],
};

pub(super) const GITLAB: Family = Family {
    id: "gitlab",
    page: include_str!("../pages/gitlab.md"),
    rules: &[
        rule("gitlab-personal-token", Kind::GitLabToken, "glpat-", tail(Dotted, 20, 320)),
        rule("gitlab-runner-token", Kind::GitLabToken, "glrt-", tail(Dotted, 20, 320)),
        rule("gitlab-deploy-token", Kind::GitLabToken, "gldt-", tail(Url, 20, 64)),
        rule("gitlab-feed-token", Kind::GitLabToken, "glft-", tail(Url, 20, 64)),
        rule("gitlab-feature-flags-token", Kind::GitLabToken, "glffct-", tail(Url, 20, 64)),
        rule("gitlab-incoming-mail-token", Kind::GitLabToken, "glimt-", tail(Url, 25, 64)),
        rule("gitlab-agent-token", Kind::GitLabToken, "glagent-", tail(Url, 50, 128)),
        rule("gitlab-application-secret", Kind::GitLabToken, "gloas-", tail(Url, 64, 128)),
        rule("gitlab-trigger-token", Kind::GitLabToken, "glptt-", tail(Hex, 40, 40)),
        rule("gitlab-scim-token", Kind::GitLabToken, "glsoat-", tail(Url, 20, 64)),
        rule("gitlab-job-token", Kind::GitLabToken, "glcbt-", tail(Url, 22, 64)),
        rule("gitlab-runner-registration-token", Kind::GitLabToken, "GR1348941", tail(Url, 20, 20)),
        rule("gitlab-session-cookie", Kind::GitLabToken, "_gitlab_session=", tail(Hex, 32, 32)),
    ],
    named: &[],
};

pub(super) const BITBUCKET_AND_ATLASSIAN: Family = Family {
    id: "bitbucket-and-atlassian",
    page: include_str!("../pages/bitbucket-and-atlassian.md"),
    rules: &[
        rule("atlassian-api-token", Kind::AtlassianToken, "ATATT3", tail(Dotted, 150, 200)),
        rule("bitbucket-app-password", Kind::AccessToken, "ATBB", tail(Alphanumeric, 32, 32)),
        rule("bitbucket-access-token", Kind::AccessToken, "ATCTT3", tail(Dotted, 150, 200)),
        rule("trello-token", Kind::AccessToken, "ATTA", tail(Hex, 72, 72)),
    ],
    named: &[
        named(
            "atlassian-token-old",
            &["atlassian", "confluence", "jira"],
            Shape::Run(Alphanumeric, 24, 24),
        ),
        named("bitbucket-client-secret", &["bitbucket"], Shape::Run(Url, 32, 64)),
        named("trello-api-key", &["trello"], Shape::Run(Hex, 32, 32)),
    ],
};

pub(super) const PACKAGE_REGISTRIES: Family = Family {
    id: "package-registries",
    page: include_str!("../pages/package-registries.md"),
    rules: &[
        rule("npm-access-token", Kind::NpmToken, "npm_", tail(Alphanumeric, 36, 36))
            .checked(check::github),
        rule("pypi-token", Kind::PyPiToken, "pypi-AgEI", tail(Url, 50, 1000)).checked(check::pypi),
        rule("testpypi-token", Kind::PyPiToken, "pypi-AgEN", tail(Url, 50, 1000))
            .checked(check::pypi),
        rule("rubygems-token", Kind::RubyGemsToken, "rubygems_", tail(Hex, 48, 48)),
        rule("crates-io-token", Kind::AccessToken, "cio", tail(Alphanumeric, 32, 32)),
        rule("nuget-api-key", Kind::AccessToken, "oy2", tail(Alphanumeric, 43, 43)),
        rule("clojars-token", Kind::AccessToken, "CLOJARS_", tail(Alphanumeric, 60, 60)),
        rule("docker-hub-personal-token", Kind::DockerHubToken, "dckr_pat_", tail(Url, 20, 64)),
        rule("docker-hub-organization-token", Kind::DockerHubToken, "dckr_oat_", tail(Url, 20, 64)),
        rule("artifactory-api-key", Kind::ArtifactoryToken, "AKCp", tail(Alphanumeric, 69, 69)),
        rule(
            "artifactory-reference-token",
            Kind::ArtifactoryToken,
            "cmVmd",
            tail(Alphanumeric, 59, 59),
        ),
        rule("open-vsx-token", Kind::AccessToken, "ovsxp_", Form::Pieces(UUID)),
        rule(
            "nuget-clear-text-password",
            Kind::Password,
            "ClearTextPassword",
            Form::Custom(login::nuget_password),
        ),
        rule(
            "bundler-enterprise-login",
            Kind::Password,
            "CONTRIBSYS__COM",
            Form::Custom(login::bundler_login),
        ),
    ],
    named: &[named(
        "jfrog-token",
        &["jfrog", "artifactory", "bintray", "xray"],
        Shape::Run(Alphanumeric, 64, 73),
    )],
};

pub(super) const CONTINUOUS_INTEGRATION: Family = Family {
    id: "continuous-integration",
    page: include_str!("../pages/continuous-integration.md"),
    rules: &[
        rule(
            "circleci-personal-token",
            Kind::AccessToken,
            "CCIPAT_",
            Form::Pieces(&[Run(Alphanumeric, 20, 24), Text("_"), Run(Hex, 40, 40)]),
        ),
        rule(
            "circleci-project-token",
            Kind::AccessToken,
            "CCIPRJ_",
            Form::Pieces(&[Run(Alphanumeric, 20, 24), Text("_"), Run(Hex, 40, 40)]),
        ),
        rule("buildkite-token", Kind::AccessToken, "bkua_", tail(Hex, 40, 40)),
        rule(
            "harness-personal-token",
            Kind::AccessToken,
            "pat.",
            Form::Pieces(&[
                Run(Url, 22, 22),
                Text("."),
                Run(Hex, 24, 24),
                Text("."),
                Run(Alphanumeric, 20, 20),
            ]),
        ),
        rule(
            "harness-service-token",
            Kind::AccessToken,
            "sat.",
            Form::Pieces(&[
                Run(Url, 22, 22),
                Text("."),
                Run(Hex, 24, 24),
                Text("."),
                Run(Alphanumeric, 20, 20),
            ]),
        ),
        rule("octopus-api-key", Kind::AccessToken, "API-", tail(Upper, 26, 29)),
        rule("pulumi-token", Kind::PulumiToken, "pul-", tail(Hex, 40, 40)),
        rule(
            "terraform-cloud-token",
            Kind::TerraformToken,
            ".atlasv1.",
            Form::Custom(token::terraform),
        ),
        rule("prefect-user-key", Kind::AccessToken, "pnu_", tail(Alphanumeric, 36, 36)),
        rule("prefect-service-key", Kind::AccessToken, "pnb_", tail(Alphanumeric, 36, 36)),
        rule("doppler-personal-token", Kind::DopplerToken, "dp.pt.", tail(Alphanumeric, 43, 43)),
        rule("doppler-service-token", Kind::DopplerToken, "dp.st.", tail(Dotted, 40, 80)),
        rule("infracost-token", Kind::AccessToken, "ico-", tail(Alphanumeric, 32, 32)),
        rule("sonar-user-token", Kind::AccessToken, "squ_", tail(Hex, 40, 40)),
        rule("sonar-project-token", Kind::AccessToken, "sqp_", tail(Hex, 40, 40)),
        rule("sonar-global-token", Kind::AccessToken, "sqa_", tail(Hex, 40, 40)),
        rule("sourcegraph-token", Kind::AccessToken, "sgp_", tail(Hex, 40, 40)),
        rule(
            "sourcegraph-instance-token",
            Kind::AccessToken,
            "sgp_",
            Form::Pieces(&[Run(Hex, 16, 16), Text("_"), Run(Hex, 40, 40)]),
        ),
        rule("spectral-token", Kind::AccessToken, "spu-", tail(Hex, 32, 32)),
    ],
    named: &[
        named("snyk-token", &["snyk"], Shape::Uuid),
        named(
            "sonar-token",
            &["sonar", "sonarqube", "sonarcloud"],
            Shape::Run(Alphanumeric, 40, 44),
        ),
        named("codecov-token", &["codecov"], Shape::Run(Alphanumeric, 32, 36)),
        named("travis-token", &["travis"], Shape::Run(Url, 20, 22)),
        named("drone-token", &["drone", "droneci"], Shape::Run(Alphanumeric, 32, 32)),
        named("jenkins-token", &["jenkins"], Shape::Run(Hex, 32, 34)),
        named("gitea-token", &["gitea", "forgejo", "codeberg"], Shape::Run(Hex, 40, 40)),
    ],
};
