//! GraphQL: errors in answers of status 200, tokens, what must not be sent twice.

use crate::harness::{Case, Expect, FIVE, Job, case, fails, ok};
use kwhen_fake_api::{Answer, Fault};

pub(crate) fn cases() -> Vec<Case> {
    use Job::*;
    let graphql_error = |code: &str| {
        ok(&format!(r#"{{"errors":[{{"message":"no","extensions":{{"errorCode":"{code}"}}}}],"data":null}}"#))
    };
    let token_error = graphql_error("KT-CT-1139");
    let none = Vec::<Fault>::new;
    vec![
        case("GraphQL", Dispatches, none(), Expect::Rows(1), 2),
        case("GraphQL pages", Applicable, none(), Expect::Rows(2), 3),
        case(
            "GraphQL error unauthorised",
            Dispatches,
            [Fault::None, graphql_error("KT-CT-1111")],
            fails!(is_unauthorised),
            2,
        ),
        case(
            "GraphQL error disabled field",
            Dispatches,
            [Fault::None, graphql_error("KT-CT-1113")],
            fails!(is_disabled_field),
            2,
        ),
        case(
            "GraphQL error invalid",
            Dispatches,
            [Fault::None, graphql_error("KT-CT-1188")],
            fails!(is_invalid),
            2,
        ),
        case(
            "GraphQL error unknown",
            Dispatches,
            [Fault::None, graphql_error("KT-XX-9")],
            fails!(is_graphql),
            2,
        ),
        case(
            "GraphQL error rate",
            Dispatches,
            [Fault::None, graphql_error("KT-CT-1199")],
            Expect::Rows(1),
            3,
        )
        .waiting(0, 500),
        case(
            "GraphQL errors under 400",
            Dispatches,
            [
                Fault::None,
                Fault::answer(&Answer::json(
                    400,
                    r#"{"errors":[{"message":"Syntax","extensions":{"errorCode":"KT-CT-1201"}}]}"#,
                )),
            ],
            fails!(is_invalid),
            2,
        ),
        case(
            "token expires on the way",
            Dispatches,
            [Fault::None, graphql_error("KT-CT-1124")],
            Expect::Rows(1),
            4,
        ),
        case(
            "token expires between pages",
            Applicable,
            [Fault::None, Fault::None, graphql_error("KT-CT-1124")],
            Expect::Rows(2),
            5,
        ),
        case(
            "token expires again and again",
            Dispatches,
            [Fault::None, graphql_error("KT-CT-1124"), Fault::None, graphql_error("KT-CT-1124")],
            fails!(is_token_expired),
            4,
        ),
        case("401 renews the token once", Dispatches, [Fault::None, Fault::status(401)], Expect::Rows(1), 4),
        case(
            "refresh token refused",
            Dispatches,
            [Fault::None, graphql_error("KT-CT-1124"), token_error.clone()],
            Expect::Rows(1),
            5,
        ),
        case("token endpoint down for a while", Dispatches, vec![Fault::status(503); 2], Expect::Rows(1), 4)
            .waiting(0, 1500),
        case("token endpoint down", Dispatches, vec![Fault::status(503); 9], fails!(is_server), 5)
            .waiting(FIVE.0, FIVE.1),
        case("key refused for a token", Dispatches, none(), fails!(is_unauthorised), 1).key("sk_test_wrong"),
        case("data null", Dispatches, [Fault::None, ok(r#"{"data":null}"#)], fails!(is_malformed), 2),
        case("errors inside a payload", Mutation, none(), fails!(is_graphql), 2),
        case("reset of a mutation", Mutation, [Fault::None, Fault::Reset], fails!(is_interrupted), 2),
        case("503 of a mutation", Mutation, [Fault::None, Fault::status(503)], fails!(is_server), 2),
        case(
            "possibleErrors that are no list",
            Mutation,
            [
                Fault::None,
                ok(r#"{"data":{"setVehicleChargePreferences":{"possibleErrors":{"message":"no"}}}}"#),
            ],
            fails!(is_malformed),
            2,
        ),
        case(
            "a row of a list that is null",
            Applicable,
            [Fault::None, Fault::Replace("\"edges\":[".into(), "\"edges\":[null,".into())],
            fails!(is_malformed),
            2,
        ),
    ]
}
