/**
 * @generated SignedSource<<8c8c9ae1876075e4a9efa474608ebfed>>
 * @lightSyntaxTransform
 */

/* tslint:disable */
/* eslint-disable */
// @ts-nocheck

import { ConcreteRequest } from 'relay-runtime';
import { FragmentRefs } from "relay-runtime";
export type relayHomeQuery$variables = {
  id: string;
};
export type relayHomeQuery$data = {
  readonly user: {
    readonly " $fragmentSpreads": FragmentRefs<"parts_posts" | "parts_profile">;
  } | null | undefined;
  readonly " $fragmentSpreads": FragmentRefs<"parts_feed" | "parts_lead" | "parts_people" | "parts_pulse" | "parts_viewer">;
};
export type relayHomeQuery = {
  response: relayHomeQuery$data;
  variables: relayHomeQuery$variables;
};

const node: ConcreteRequest = (function(){
var v0 = [
  {
    "defaultValue": null,
    "kind": "LocalArgument",
    "name": "id"
  }
],
v1 = [
  {
    "kind": "Variable",
    "name": "id",
    "variableName": "id"
  }
],
v2 = {
  "alias": null,
  "args": null,
  "kind": "ScalarField",
  "name": "username",
  "storageKey": null
},
v3 = {
  "alias": null,
  "args": null,
  "kind": "ScalarField",
  "name": "phone",
  "storageKey": null
},
v4 = {
  "alias": null,
  "args": null,
  "kind": "ScalarField",
  "name": "postCount",
  "storageKey": null
},
v5 = {
  "alias": null,
  "args": null,
  "kind": "ScalarField",
  "name": "createdAt",
  "storageKey": null
},
v6 = [
  {
    "kind": "Literal",
    "name": "first",
    "value": 3
  }
],
v7 = {
  "alias": null,
  "args": null,
  "kind": "ScalarField",
  "name": "id",
  "storageKey": null
},
v8 = {
  "alias": null,
  "args": null,
  "kind": "ScalarField",
  "name": "title",
  "storageKey": null
},
v9 = {
  "alias": null,
  "args": null,
  "kind": "ScalarField",
  "name": "body",
  "storageKey": null
},
v10 = {
  "alias": null,
  "args": null,
  "kind": "ScalarField",
  "name": "__typename",
  "storageKey": null
},
v11 = {
  "alias": null,
  "args": null,
  "kind": "ScalarField",
  "name": "cursor",
  "storageKey": null
},
v12 = {
  "alias": null,
  "args": null,
  "concreteType": "PageInfo",
  "kind": "LinkedField",
  "name": "pageInfo",
  "plural": false,
  "selections": [
    {
      "alias": null,
      "args": null,
      "kind": "ScalarField",
      "name": "endCursor",
      "storageKey": null
    },
    {
      "alias": null,
      "args": null,
      "kind": "ScalarField",
      "name": "hasNextPage",
      "storageKey": null
    }
  ],
  "storageKey": null
},
v13 = [
  {
    "alias": null,
    "args": null,
    "concreteType": "PostEdge",
    "kind": "LinkedField",
    "name": "edges",
    "plural": true,
    "selections": [
      {
        "alias": null,
        "args": null,
        "concreteType": "Post",
        "kind": "LinkedField",
        "name": "node",
        "plural": false,
        "selections": [
          (v7/*:: as any*/),
          (v8/*:: as any*/),
          (v9/*:: as any*/),
          (v5/*:: as any*/),
          (v10/*:: as any*/)
        ],
        "storageKey": null
      },
      (v11/*:: as any*/)
    ],
    "storageKey": null
  },
  (v12/*:: as any*/)
],
v14 = [
  {
    "kind": "Literal",
    "name": "first",
    "value": 6
  }
],
v15 = [
  {
    "kind": "Literal",
    "name": "first",
    "value": 1
  }
],
v16 = [
  {
    "alias": null,
    "args": null,
    "concreteType": "PostEdge",
    "kind": "LinkedField",
    "name": "edges",
    "plural": true,
    "selections": [
      {
        "alias": null,
        "args": null,
        "concreteType": "Post",
        "kind": "LinkedField",
        "name": "node",
        "plural": false,
        "selections": [
          (v7/*:: as any*/),
          (v8/*:: as any*/),
          (v9/*:: as any*/),
          (v5/*:: as any*/),
          {
            "alias": null,
            "args": null,
            "concreteType": "User",
            "kind": "LinkedField",
            "name": "author",
            "plural": false,
            "selections": [
              (v7/*:: as any*/),
              (v2/*:: as any*/),
              (v4/*:: as any*/)
            ],
            "storageKey": null
          },
          (v10/*:: as any*/)
        ],
        "storageKey": null
      },
      (v11/*:: as any*/)
    ],
    "storageKey": null
  },
  (v12/*:: as any*/)
],
v17 = [
  {
    "kind": "Literal",
    "name": "first",
    "value": 7
  }
];
return {
  "fragment": {
    "argumentDefinitions": (v0/*:: as any*/),
    "kind": "Fragment",
    "metadata": null,
    "name": "relayHomeQuery",
    "selections": [
      {
        "alias": null,
        "args": (v1/*:: as any*/),
        "concreteType": "User",
        "kind": "LinkedField",
        "name": "user",
        "plural": false,
        "selections": [
          {
            "kind": "Defer",
            "selections": [
              {
                "args": null,
                "kind": "FragmentSpread",
                "name": "parts_profile"
              }
            ]
          },
          {
            "kind": "Defer",
            "selections": [
              {
                "args": null,
                "kind": "FragmentSpread",
                "name": "parts_posts"
              }
            ]
          }
        ],
        "storageKey": null
      },
      {
        "args": null,
        "kind": "FragmentSpread",
        "name": "parts_people"
      },
      {
        "args": null,
        "kind": "FragmentSpread",
        "name": "parts_viewer"
      },
      {
        "kind": "Defer",
        "selections": [
          {
            "args": null,
            "kind": "FragmentSpread",
            "name": "parts_lead"
          }
        ]
      },
      {
        "kind": "Defer",
        "selections": [
          {
            "args": null,
            "kind": "FragmentSpread",
            "name": "parts_feed"
          }
        ]
      },
      {
        "kind": "Defer",
        "selections": [
          {
            "args": null,
            "kind": "FragmentSpread",
            "name": "parts_pulse"
          }
        ]
      }
    ],
    "type": "Query",
    "abstractKey": null
  },
  "kind": "Request",
  "operation": {
    "argumentDefinitions": (v0/*:: as any*/),
    "kind": "Operation",
    "name": "relayHomeQuery",
    "selections": [
      {
        "alias": null,
        "args": (v1/*:: as any*/),
        "concreteType": "User",
        "kind": "LinkedField",
        "name": "user",
        "plural": false,
        "selections": [
          {
            "if": null,
            "kind": "Defer",
            "label": "relayHomeQuery$defer$parts_profile",
            "selections": [
              (v2/*:: as any*/),
              (v3/*:: as any*/),
              (v4/*:: as any*/),
              (v5/*:: as any*/)
            ]
          },
          {
            "if": null,
            "kind": "Defer",
            "label": "relayHomeQuery$defer$parts_posts",
            "selections": [
              (v2/*:: as any*/),
              {
                "alias": null,
                "args": (v6/*:: as any*/),
                "concreteType": "PostConnection",
                "kind": "LinkedField",
                "name": "posts",
                "plural": false,
                "selections": (v13/*:: as any*/),
                "storageKey": "posts(first:3)"
              },
              {
                "alias": null,
                "args": (v6/*:: as any*/),
                "filters": null,
                "handle": "connection",
                "key": "parts_posts",
                "kind": "LinkedHandle",
                "name": "posts"
              },
              (v7/*:: as any*/)
            ]
          },
          (v7/*:: as any*/)
        ],
        "storageKey": null
      },
      {
        "alias": null,
        "args": (v14/*:: as any*/),
        "concreteType": "UserConnection",
        "kind": "LinkedField",
        "name": "users",
        "plural": false,
        "selections": [
          {
            "alias": null,
            "args": null,
            "concreteType": "UserEdge",
            "kind": "LinkedField",
            "name": "edges",
            "plural": true,
            "selections": [
              {
                "alias": null,
                "args": null,
                "concreteType": "User",
                "kind": "LinkedField",
                "name": "node",
                "plural": false,
                "selections": [
                  (v7/*:: as any*/),
                  {
                    "alias": null,
                    "args": null,
                    "kind": "ScalarField",
                    "name": "databaseId",
                    "storageKey": null
                  },
                  (v2/*:: as any*/),
                  (v5/*:: as any*/),
                  (v10/*:: as any*/)
                ],
                "storageKey": null
              },
              (v11/*:: as any*/)
            ],
            "storageKey": null
          },
          (v12/*:: as any*/)
        ],
        "storageKey": "users(first:6)"
      },
      {
        "alias": null,
        "args": (v14/*:: as any*/),
        "filters": null,
        "handle": "connection",
        "key": "People_users",
        "kind": "LinkedHandle",
        "name": "users"
      },
      {
        "alias": null,
        "args": null,
        "concreteType": "User",
        "kind": "LinkedField",
        "name": "viewer",
        "plural": false,
        "selections": [
          (v7/*:: as any*/),
          (v2/*:: as any*/),
          (v3/*:: as any*/)
        ],
        "storageKey": null
      },
      {
        "if": null,
        "kind": "Defer",
        "label": "relayHomeQuery$defer$parts_lead",
        "selections": [
          {
            "alias": "newest",
            "args": (v15/*:: as any*/),
            "concreteType": "PostConnection",
            "kind": "LinkedField",
            "name": "posts",
            "plural": false,
            "selections": (v16/*:: as any*/),
            "storageKey": "posts(first:1)"
          },
          {
            "alias": "newest",
            "args": (v15/*:: as any*/),
            "filters": null,
            "handle": "connection",
            "key": "Lead_newest",
            "kind": "LinkedHandle",
            "name": "posts"
          }
        ]
      },
      {
        "if": null,
        "kind": "Defer",
        "label": "relayHomeQuery$defer$parts_feed",
        "selections": [
          {
            "alias": null,
            "args": (v17/*:: as any*/),
            "concreteType": "PostConnection",
            "kind": "LinkedField",
            "name": "posts",
            "plural": false,
            "selections": (v16/*:: as any*/),
            "storageKey": "posts(first:7)"
          },
          {
            "alias": null,
            "args": (v17/*:: as any*/),
            "filters": null,
            "handle": "connection",
            "key": "Feed_posts",
            "kind": "LinkedHandle",
            "name": "posts"
          }
        ]
      },
      {
        "if": null,
        "kind": "Defer",
        "label": "relayHomeQuery$defer$parts_pulse",
        "selections": [
          {
            "alias": "members",
            "args": (v15/*:: as any*/),
            "concreteType": "UserConnection",
            "kind": "LinkedField",
            "name": "users",
            "plural": false,
            "selections": [
              {
                "alias": null,
                "args": null,
                "concreteType": "User",
                "kind": "LinkedField",
                "name": "nodes",
                "plural": true,
                "selections": [
                  (v7/*:: as any*/),
                  (v2/*:: as any*/)
                ],
                "storageKey": null
              }
            ],
            "storageKey": "users(first:1)"
          },
          {
            "alias": "latest",
            "args": (v15/*:: as any*/),
            "concreteType": "PostConnection",
            "kind": "LinkedField",
            "name": "posts",
            "plural": false,
            "selections": (v13/*:: as any*/),
            "storageKey": "posts(first:1)"
          },
          {
            "alias": "latest",
            "args": (v15/*:: as any*/),
            "filters": null,
            "handle": "connection",
            "key": "Pulse_latest",
            "kind": "LinkedHandle",
            "name": "posts"
          }
        ]
      }
    ]
  },
  "params": {
    "cacheID": "3d3dc85aa91f6976cbe136a96cfcc5b7",
    "id": null,
    "metadata": {},
    "name": "relayHomeQuery",
    "operationKind": "query",
    "text": "query relayHomeQuery(\n  $id: ID!\n) {\n  user(id: $id) {\n    ...parts_profile @defer(label: \"relayHomeQuery$defer$parts_profile\")\n    ...parts_posts @defer(label: \"relayHomeQuery$defer$parts_posts\")\n    id\n  }\n  ...parts_people\n  ...parts_viewer\n  ...parts_lead @defer(label: \"relayHomeQuery$defer$parts_lead\")\n  ...parts_feed @defer(label: \"relayHomeQuery$defer$parts_feed\")\n  ...parts_pulse @defer(label: \"relayHomeQuery$defer$parts_pulse\")\n}\n\nfragment parts_feed on Query {\n  posts(first: 7) {\n    edges {\n      node {\n        id\n        title\n        body\n        createdAt\n        author {\n          id\n          username\n          postCount\n        }\n        __typename\n      }\n      cursor\n    }\n    pageInfo {\n      endCursor\n      hasNextPage\n    }\n  }\n}\n\nfragment parts_lead on Query {\n  newest: posts(first: 1) {\n    edges {\n      node {\n        id\n        title\n        body\n        createdAt\n        author {\n          id\n          username\n          postCount\n        }\n        __typename\n      }\n      cursor\n    }\n    pageInfo {\n      endCursor\n      hasNextPage\n    }\n  }\n}\n\nfragment parts_people on Query {\n  users(first: 6) {\n    edges {\n      node {\n        id\n        databaseId\n        username\n        createdAt\n        __typename\n      }\n      cursor\n    }\n    pageInfo {\n      endCursor\n      hasNextPage\n    }\n  }\n}\n\nfragment parts_posts on User {\n  username\n  posts(first: 3) {\n    edges {\n      node {\n        id\n        title\n        body\n        createdAt\n        __typename\n      }\n      cursor\n    }\n    pageInfo {\n      endCursor\n      hasNextPage\n    }\n  }\n  id\n}\n\nfragment parts_profile on User {\n  username\n  phone\n  postCount\n  createdAt\n}\n\nfragment parts_pulse on Query {\n  members: users(first: 1) {\n    nodes {\n      id\n      username\n    }\n  }\n  latest: posts(first: 1) {\n    edges {\n      node {\n        id\n        title\n        body\n        createdAt\n        __typename\n      }\n      cursor\n    }\n    pageInfo {\n      endCursor\n      hasNextPage\n    }\n  }\n}\n\nfragment parts_viewer on Query {\n  viewer {\n    id\n    username\n    phone\n  }\n}\n"
  }
};
})();

(node as any).hash = "721294930391d53e19f3116b770734ba";

export default node;
